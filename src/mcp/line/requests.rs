//! Which requests were taken in and not answered yet.

use std::collections::HashMap;

use rmcp::model::RequestId;

/// How many subscriptions may be open at once. They end only when the client says so. Without a limit of their own they could take up the
/// room for requests for good.
const SUBSCRIPTIONS: usize = 64;

/// Whether a request is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is under way.
    Admitted,
    /// Its id belongs to a request that is not answered yet.
    IdInUse,
    /// No more subscriptions may be open.
    TooManySubscriptions,
}

/// The requests under way, by id.
///
/// rmcp forgets a request when it is cancelled, although its handler may still run. This table keeps the id until the handler is done: if
/// the client used the id again, it would take the old answer for the new one.
#[derive(Debug, Default)]
pub struct Requests {
    open: HashMap<RequestId, Open>,
    bytes: usize,
    awaited: usize,
    subscriptions: usize,
    /// The questions of this server that the client has not answered.
    questions: Vec<RequestId>,
}

#[derive(Debug)]
struct Open {
    bytes: usize,
    /// It is a subscription. It ends only when the client says so, so nobody waits for its answer.
    listens: bool,
    cancelled: bool,
    /// The handler has returned; its answer is on its way to the output.
    handled: bool,
}

impl Open {
    fn is_awaited(&self) -> bool {
        !self.listens && !self.cancelled
    }
}

impl Requests {
    /// Takes a request in; `bytes` is the length of its line. Unless it is admitted, nothing changes.
    pub fn admit(&mut self, id: &RequestId, bytes: usize, listens: bool) -> Admission {
        if self.open.contains_key(id) {
            return Admission::IdInUse;
        }
        if listens && self.subscriptions >= SUBSCRIPTIONS {
            return Admission::TooManySubscriptions;
        }
        let open = Open { bytes, listens, cancelled: false, handled: false };
        self.awaited += usize::from(open.is_awaited());
        self.subscriptions += usize::from(listens);
        self.bytes += bytes;
        self.open.insert(id.clone(), open);
        Admission::Admitted
    }

    /// The answer was queued for writing.
    pub fn answered(&mut self, id: &RequestId) {
        if let Some(open) = self.open.remove(id) {
            self.bytes -= open.bytes;
            self.awaited -= usize::from(open.is_awaited());
            self.subscriptions -= usize::from(open.listens);
        }
    }

    /// Whether the id belongs to a request under way.
    pub fn contains(&self, id: &RequestId) -> bool {
        self.open.contains_key(id)
    }

    /// Whether the client still wants an answer to a request under way.
    pub fn wants_answer(&self, id: &RequestId) -> bool {
        self.open.get(id).is_some_and(|open| !open.cancelled)
    }

    /// The client no longer wants an answer, and rmcp will drop it.
    pub fn cancelled(&mut self, id: &RequestId) {
        let Some(open) = self.open.get_mut(id) else { return };
        if open.handled {
            self.answered(id);
        } else {
            self.awaited -= usize::from(open.is_awaited());
            open.cancelled = true;
        }
    }

    /// The handler returned.
    pub fn handled(&mut self, id: &RequestId) {
        let Some(open) = self.open.get_mut(id) else { return };
        open.handled = true;
        if open.cancelled {
            self.answered(id);
        }
    }

    /// The client is asked something. How many questions are open at once is limited by whoever asks.
    pub fn asked(&mut self, id: &RequestId) {
        self.questions.push(id.clone());
    }

    /// A question is over. Returns false if it was not open: nobody waits for an answer.
    pub fn replied(&mut self, id: &RequestId) -> bool {
        let found = self.questions.iter().position(|open| open == id);
        found.is_some_and(|at| {
            self.questions.swap_remove(at);
            true
        })
    }

    /// How many requests are open, subscriptions and cancelled ones included.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Bytes of the lines those requests came in.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many requests the client waits for: neither cancelled ones nor subscriptions.
    pub fn awaited(&self) -> usize {
        self.awaited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i64) -> RequestId {
        RequestId::Number(number)
    }

    #[test]
    fn an_id_is_free_again_once_answered() {
        let mut requests = Requests::default();
        assert_eq!(requests.admit(&id(1), 10, false), Admission::Admitted);
        assert_eq!(requests.admit(&id(1), 10, false), Admission::IdInUse);
        let text = RequestId::String("1".into());
        assert_eq!(requests.admit(&text, 10, false), Admission::Admitted, "a string is another id");
        assert_eq!((requests.len(), requests.bytes(), requests.awaited()), (2, 20, 2));
        requests.answered(&id(1));
        requests.answered(&id(1));
        assert_eq!((requests.len(), requests.bytes(), requests.awaited()), (1, 10, 1));
        assert_eq!(requests.admit(&id(1), 10, false), Admission::Admitted);
    }

    #[test]
    fn a_cancelled_request_keeps_its_id_until_its_handler_is_done() {
        let mut requests = Requests::default();
        assert_eq!(requests.admit(&id(1), 10, false), Admission::Admitted);
        requests.cancelled(&id(1));
        requests.cancelled(&id(1));
        assert_eq!((requests.len(), requests.awaited()), (1, 0));
        assert_eq!(requests.admit(&id(1), 10, false), Admission::IdInUse);
        requests.handled(&id(1));
        assert_eq!((requests.len(), requests.bytes()), (0, 0));
    }

    #[test]
    fn a_cancellation_that_comes_after_the_handler_frees_the_id() {
        let mut requests = Requests::default();
        assert_eq!(requests.admit(&id(1), 10, false), Admission::Admitted);
        requests.handled(&id(1));
        assert_eq!(requests.awaited(), 1, "the answer is not written yet");
        requests.cancelled(&id(1));
        assert_eq!((requests.len(), requests.awaited()), (0, 0));
    }

    #[test]
    fn a_subscription_is_not_waited_for() {
        let mut requests = Requests::default();
        assert_eq!(requests.admit(&id(1), 10, true), Admission::Admitted);
        assert_eq!((requests.len(), requests.awaited()), (1, 0));
    }
    #[test]
    fn subscriptions_have_a_limit_of_their_own() {
        let mut requests = Requests::default();
        for number in (0..).take(SUBSCRIPTIONS) {
            assert_eq!(requests.admit(&id(number), 10, true), Admission::Admitted);
        }
        assert_eq!(requests.admit(&id(-1), 10, true), Admission::TooManySubscriptions);
        assert_eq!(requests.admit(&id(-1), 10, false), Admission::Admitted);
        requests.answered(&id(0));
        assert_eq!(requests.admit(&id(0), 10, true), Admission::Admitted);
    }
}

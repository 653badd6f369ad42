//! Who may work now: so many calls of one caller at once, so many of all, and a fair queue for the others.
//!
//! Callers take turns, not calls. A caller with a thousand calls waiting delays another one by a single call.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

/// How long a call may wait.
const WITHIN: Duration = Duration::from_secs(20);

/// How many calls may run and wait.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Calls of one caller at once.
    pub of_one: usize,
    /// Calls of all callers at once.
    pub of_all: usize,
    /// Calls of one caller that wait.
    pub waiting_of_one: usize,
    /// Calls of all callers that wait.
    pub waiting_of_all: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { of_one: 64, of_all: 512, waiting_of_one: 256, waiting_of_all: 4096 }
    }
}

impl Room {
    /// For the callers whose key the API has not accepted. Each of many made-up keys is a caller, and each call waits for the API. There are
    /// as many turns as the API may answer first questions while a call waits for its own.
    pub const OF_STRANGERS: Self = Self { of_one: 16, of_all: 128, waiting_of_one: 64, waiting_of_all: 1024 };
}

/// Gives out turns. Clones share everything.
#[derive(Clone)]
pub struct Turns {
    room: Room,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    running: usize,
    waiting: usize,
    callers: HashMap<u64, Line>,
    /// The callers whose first waiting call may run as soon as there is room, in the order of their turns.
    next: VecDeque<u64>,
}

/// The calls of one caller.
#[derive(Default)]
struct Line {
    running: usize,
    waiting: VecDeque<oneshot::Sender<Turn>>,
    /// Whether the caller stands in `next`.
    listed: bool,
}

impl Line {
    /// Takes those out who left, and says how many that were. They stay in the line until somebody looks.
    fn without_those_who_left(&mut self) -> usize {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| !waiting.is_closed());
        before - self.waiting.len()
    }

    fn is_over(&self) -> bool {
        self.running == 0 && self.waiting.is_empty()
    }
}

/// A turn. Dropping it gives it back.
pub struct Turn {
    turns: Option<Turns>,
    caller: u64,
}

/// Why a call got no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTurn {
    /// Too many calls are waiting.
    Full,
    /// Others took too long.
    TooLong,
}

impl Turns {
    /// Turns for so many calls.
    pub fn new(room: Room) -> Self {
        Self { room, state: Arc::default() }
    }

    /// Waits for a turn of this caller.
    pub async fn take(&self, caller: u64) -> Result<Turn, NoTurn> {
        let waiting = {
            let mut state = self.lock();
            let State { running, waiting, callers, next } = &mut *state;
            let line = callers.entry(caller).or_default();
            if line.running < self.room.of_one && *running < self.room.of_all && line.waiting.is_empty() {
                line.running += 1;
                *running += 1;
                return Ok(Turn { turns: Some(self.clone()), caller });
            }
            *waiting -= line.without_those_who_left();
            let full = line.waiting.len() >= self.room.waiting_of_one;
            if !full && *waiting >= self.room.waiting_of_all {
                *waiting -= callers.values_mut().map(Line::without_those_who_left).sum::<usize>();
            }
            let line = callers.entry(caller).or_default();
            if full || *waiting >= self.room.waiting_of_all {
                if line.is_over() {
                    callers.remove(&caller);
                }
                return Err(NoTurn::Full);
            }
            let (sender, receiver) = oneshot::channel();
            line.waiting.push_back(sender);
            *waiting += 1;
            if line.running < self.room.of_one && !line.listed {
                line.listed = true;
                next.push_back(caller);
            }
            receiver
        };
        match timeout(WITHIN, waiting).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(NoTurn::Full),
            Err(_) => Err(NoTurn::TooLong),
        }
    }

    /// How many calls run and how many wait.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running, state.waiting)
    }

    /// Takes back a turn of a caller, and gives out what is free now.
    fn give_back(&self, caller: u64) {
        let mut state = self.lock();
        let State { running, waiting, callers, next } = &mut *state;
        *running -= 1;
        if let Some(line) = callers.get_mut(&caller) {
            line.running -= 1;
            if !line.waiting.is_empty() && !line.listed {
                line.listed = true;
                next.push_back(caller);
            }
        }
        while *running < self.room.of_all
            && let Some(caller) = next.pop_front()
        {
            let Some(line) = callers.get_mut(&caller) else { continue };
            line.listed = false;
            while line.running < self.room.of_one
                && let Some(first) = line.waiting.pop_front()
            {
                *waiting -= 1;
                match first.send(Turn { turns: Some(self.clone()), caller }) {
                    Ok(()) => {
                        line.running += 1;
                        *running += 1;
                        break;
                    }
                    // It left. Its turn was never counted, so it must not be given back.
                    Err(mut turn) => turn.turns = None,
                }
            }
            if !line.waiting.is_empty() && line.running < self.room.of_one {
                line.listed = true;
                next.push_back(caller);
            }
            // All who waited may have left.
            if line.is_over() {
                callers.remove(&caller);
            }
        }
        if callers.get(&caller).is_some_and(Line::is_over) {
            callers.remove(&caller);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.give_back(self.caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Room = Room { of_one: 2, of_all: 3, waiting_of_one: 4, waiting_of_all: 6 };

    /// Starts to wait for a turn, and returns once it stands in the line.
    async fn queue(turns: &Turns, caller: u64, log: &Arc<Mutex<Vec<u64>>>) -> tokio::task::JoinHandle<()> {
        let (turns, log) = (turns.clone(), Arc::clone(log));
        let before = turns.counts().1;
        let watched = turns.clone();
        let task = tokio::spawn(async move {
            let turn = turns.take(caller).await.map_err(|_| ()).unwrap();
            log.lock().unwrap().push(caller);
            tokio::task::yield_now().await;
            drop(turn);
        });
        while watched.counts().1 == before {
            tokio::task::yield_now().await;
        }
        task
    }

    #[tokio::test]
    async fn a_caller_with_many_calls_delays_another_by_one() {
        let turns = Turns::new(SMALL);
        let held = [turns.take(1).await.ok().unwrap(), turns.take(1).await.ok().unwrap(), turns.take(2).await.ok().unwrap()];
        let log = Arc::default();
        let mut tasks = Vec::new();
        for caller in [1, 1, 1, 1, 2, 3] {
            tasks.push(queue(&turns, caller, &log).await);
        }
        assert_eq!(turns.counts(), (3, 6));
        assert!(matches!(turns.take(1).await, Err(NoTurn::Full)), "of one caller");
        assert!(matches!(turns.take(9).await, Err(NoTurn::Full)), "of all callers");
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        let order = log.lock().unwrap().clone();
        let place = |caller: u64| order.iter().position(|one| *one == caller).unwrap();
        assert!(place(2) <= 2 && place(3) <= 2, "{order:?}");
        assert_eq!(turns.counts(), (0, 0));
        assert!(turns.lock().callers.is_empty() && turns.lock().next.is_empty(), "nothing is kept of callers who are gone");
    }

    #[tokio::test]
    async fn whoever_leaves_the_line_takes_no_turn_with_them() {
        let turns = Turns::new(SMALL);
        let held = [turns.take(1).await.ok().unwrap(), turns.take(1).await.ok().unwrap()];
        let log = Arc::default();
        let gone = queue(&turns, 1, &log).await;
        let stays = queue(&turns, 1, &log).await;
        gone.abort();
        assert!(gone.await.is_err());
        drop(held);
        stays.await.unwrap();
        assert_eq!((turns.counts(), log.lock().unwrap().len()), ((0, 0), 1));
    }

    #[tokio::test]
    async fn callers_who_left_take_no_room_from_others() {
        let turns = Turns::new(SMALL);
        let held = [turns.take(1).await.ok().unwrap(), turns.take(1).await.ok().unwrap(), turns.take(2).await.ok().unwrap()];
        let log = Arc::default();
        let mut gone = Vec::new();
        for caller in [1, 1, 1, 2, 2, 3] {
            gone.push(queue(&turns, caller, &log).await);
        }
        for gone in gone {
            gone.abort();
            assert!(gone.await.is_err());
        }
        assert_eq!(turns.counts(), (3, 6), "nobody has looked yet");
        let stays = queue(&turns, 9, &log).await;
        assert_eq!(turns.counts(), (3, 1));
        drop(held);
        stays.await.unwrap();
        assert_eq!((turns.counts(), log.lock().unwrap().clone()), ((0, 0), vec![9]));
        assert!(turns.lock().callers.is_empty() && turns.lock().next.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_forever() {
        let turns = Turns::new(SMALL);
        let _held = [turns.take(1).await.ok().unwrap(), turns.take(1).await.ok().unwrap()];
        assert!(matches!(turns.take(1).await, Err(NoTurn::TooLong)));
        assert!(turns.take(2).await.is_ok(), "others are not held up");
    }
}

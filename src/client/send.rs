//! Sends requests: waits in the queue, makes attempts, and reads answers.

use std::{
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, SystemTime},
};

use reqwest::{
    Method as HttpMethod,
    header::{ACCEPT, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{
    Deadline, Error, Kind, Response,
    body::{BodyError, Memory},
    certificate::is_certificate_trouble,
    credential::{Credential, scrubbed, scrubbed_text, without_credential},
    end::{ended, is_ended},
    form::{Outgoing, Watch},
    open::{Answer, Opened, Want},
    picture::Pictures,
    reduce::{Reduced, TooLarge, note, reduce},
    response::{is_json, request_id},
    retry::{Failure, Situation, dice, may_have_happened, parse_retry_after, wait_before_repeat},
    route_check::greeted,
    transport::{Transport, causes},
};
use crate::{
    api::{Method, Problem, Request, problem::said},
    gate::{Authorised, OwnerCall},
    key::BaseUrl,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How hard the client tries.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long one attempt may take, answer included.
    pub timeout: Duration,
    /// How often we repeat a request that may be repeated.
    pub max_retries: u32,
    /// How many requests may be under way at once; the others wait.
    pub max_concurrency: usize,
}

/// The client of one API. Nothing happens before the first request: no connection, no TLS set-up.
pub struct Client {
    base: BaseUrl,
    limits: Limits,
    transport: Arc<Transport>,
    places: Arc<Semaphore>,
    memory: Memory,
    pub(super) pictures: Arc<Pictures>,
    /// When the API answered last.
    answered: Arc<Mutex<Option<Instant>>>,
    meter: Arc<OnceLock<Meter>>,
}

/// Hears how long the API took to answer a request, or that it did not.
pub type Meter = Box<dyn Fn(Option<Duration>) + Send + Sync>;

/// What one attempt received.
enum Received {
    Whole(Response),
    Opened(Opened),
}

/// An attempt that failed.
struct Failed {
    failure: Failure,
    error: Box<Error>,
}

impl Client {
    /// A client for the API at a base URL.
    pub fn new(base: BaseUrl, limits: Limits) -> Self {
        Self {
            transport: Arc::new(Transport::new(base.clone())),
            places: Arc::new(Semaphore::new(limits.max_concurrency)),
            memory: Memory::new(),
            pictures: Arc::new(Pictures::new(base.is_loopback())),
            answered: Arc::default(),
            meter: Arc::default(),
            base,
            limits,
        }
    }

    /// How long ago the API itself answered, whatever it said.
    pub fn last_answer(&self) -> Option<Duration> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }

    /// Asks the API for a sign of life, without a key.
    pub async fn greet(&self) -> bool {
        let Ok(client) = self.transport.client().await else { return false };
        let alive = greeted(client, &self.base).await;
        if alive {
            self.note_answer();
        }
        alive
    }

    /// From now on, tells this function of each request of this client and of those beside it. Only the first such function counts.
    pub fn measure(&self, meter: Meter) {
        // The others are dropped.
        let _ = self.meter.set(meter);
    }

    fn note_answer(&self) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// A client for another caller of the same API. The two share connections and memory, and each has its own places for requests under
    /// way, so that neither has to wait for the other.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self {
            base: self.base.clone(),
            limits: self.limits,
            transport: Arc::clone(&self.transport),
            places: Arc::new(Semaphore::new(self.limits.max_concurrency)),
            memory: self.memory.clone(),
            pictures: Arc::clone(&self.pictures),
            answered: Arc::clone(&self.answered),
            meter: Arc::clone(&self.meter),
        }
    }

    /// The API's address.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Sends a request until it succeeds, fails for good, or runs out of time. Any 2xx is a success.
    ///
    /// The request takes a place among those under way only during an attempt, not while it waits for the next one. Dropping the future
    /// ends the request.
    pub async fn send(&self, authorised: &Authorised, deadline: &Deadline) -> Result<Response, Box<Error>> {
        whole(self.send_for(Want::Whole, authorised, deadline).await?)
    }

    /// Like [`Client::send`], for an answer that may be read piece by piece. Once the head of such an answer has arrived, the request is not
    /// repeated.
    pub async fn send_for(&self, want: Want, authorised: &Authorised, deadline: &Deadline) -> Result<Answer, Box<Error>> {
        let credential = Credential::Key(authorised.key());
        let answer = self.deliver(authorised.request(), credential, want, deadline).await?;
        match &answer {
            // Boxed, because it is large and rare.
            Answer::Whole(Response { kept: Some(_), .. }) => Box::pin(self.reread(answer, authorised, want, deadline)).await,
            _ => Ok(answer.noted()),
        }
    }

    /// Reads a page again that lost rows, with as many as fit. Such a page has its own cursor, so no row is on no page.
    async fn reread(&self, answer: Answer, authorised: &Authorised, want: Want, deadline: &Deadline) -> Result<Answer, Box<Error>> {
        let fewer = if let Answer::Whole(response) = &answer { response.fewer(authorised.request()) } else { None };
        let Some(fewer) = fewer else { return Ok(answer.noted()) };
        tracing::debug!(path = fewer.template(), rows = fewer.rows(), "the page was too large; reading it again with fewer rows");
        // Once is enough: most of the page is here already, and is better than an error.
        let once = Self { limits: Limits { max_retries: 0, ..self.limits }, places: Arc::clone(&self.places), ..self.beside() };
        let answer = match once.deliver(&fewer, Credential::Key(authorised.key()), want, deadline).await {
            Ok(Answer::Whole(mut response)) => {
                // A list without pages has its other rows nowhere.
                response.cut |= !response.goes_on();
                Answer::Whole(response)
            }
            Ok(other) => other,
            Err(_) => match answer {
                Answer::Whole(response) => Answer::Whole(response.without_cursor()),
                other => other,
            },
        };
        Ok(answer.noted())
    }

    /// Sends a call of the account's owner, with a session token in place of a key. Everything else is as with [`Client::send`].
    pub async fn send_as_owner(&self, call: &OwnerCall, deadline: &Deadline) -> Result<Response, Box<Error>> {
        whole(self.deliver(call.request(), Credential::Token(call.token()), Want::Whole, deadline).await?)
    }

    async fn deliver(&self, request: &Request, credential: Credential<'_>, want: Want, deadline: &Deadline) -> Result<Answer, Box<Error>> {
        // A call that changes something carries an idempotency key, or it may not be repeated. All others do nothing more the second time.
        let changes = request.idempotency_key().is_some() || !request.repeatable();
        let (mut began, mut attempts, mut uncertain) = (None, 0, false);
        let finish = |error: Box<Error>, attempts, uncertain| Err(error.of(request, attempts, uncertain));
        loop {
            let Ok(Ok(place)) = timeout_at(deadline.instant(), Arc::clone(&self.places).acquire_owned()).await else {
                return finish(Error::new(Kind::Deadline), attempts, uncertain);
            };
            if changes && is_ended() {
                return finish(Error::new(Kind::Stopped), attempts, uncertain);
            }
            let began = *began.get_or_insert_with(Instant::now);
            let outcome = tokio::select! {
                outcome = self.attempt(request, credential, want, deadline) => outcome,
                () = ended(), if changes => return finish(Error::new(Kind::Stopped), attempts + 1, true),
            };
            attempts += 1;
            let Failed { failure, error } = match outcome {
                Ok(Received::Whole(response)) => return Ok(Answer::Whole(response.of(attempts, request))),
                Ok(Received::Opened(opened)) => return Opened { attempts, ..opened }.into_answer(want, place),
                Err(failed) => failed,
            };
            drop(place);
            uncertain |= changes && may_have_happened(failure, &error);
            let situation = Situation {
                failure,
                repeatable: request.repeatable(),
                repeats: attempts - 1,
                max_repeats: self.limits.max_retries,
                elapsed: began.elapsed(),
                remaining: deadline.remaining(),
                dice: dice(),
            };
            let Some(wait) = wait_before_repeat(&situation) else { return finish(error, attempts, uncertain) };
            tracing::debug!(path = request.template(), attempt = attempts, ?failure, ?wait, "trying again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = ended(), if changes => return finish(error, attempts, uncertain),
            }
        }
    }

    async fn attempt(&self, request: &Request, credential: Credential<'_>, want: Want, deadline: &Deadline) -> Result<Received, Failed> {
        let client = self.transport.client().await.map_err(|reason| Failed::fatal(Kind::Setup(reason)))?;
        let rows = request.rows();
        let watch = Watch::default();
        let request = self.build(request, credential, want, &watch)?;
        note(|noticed| noticed.sent = true);
        let started = Instant::now();
        let outcome = self.while_it_moves(client.execute(request), &watch, deadline).await;
        if let Some(meter) = self.meter.get() {
            meter(matches!(outcome, Some(Ok(_))).then(|| started.elapsed()));
        }
        if !matches!(outcome, Some(Ok(_)))
            && let Some(fault) = watch.fault()
        {
            // The form ended in the middle, so the API has done nothing. What it answered before that says more.
            return Err(Failed::fatal(Kind::File(fault.to_owned())));
        }
        let response = match outcome {
            None => return Err(Failed::new(Failure::Silence, Kind::Timeout { waited: started.elapsed() })),
            // Another attempt would get the same certificate.
            Some(Err(error)) if is_certificate_trouble(&error) => return Err(Failed::fatal(Kind::Untrusted(causes(&error)))),
            Some(Err(error)) if error.is_connect() => return Err(Failed::new(Failure::Connect, Kind::Connect(causes(&error)))),
            Some(Err(error)) => return Err(Failed::new(Failure::Cut, Kind::Interrupted(causes(&error)))),
            Some(Ok(mut response)) => {
                let mut headers = std::mem::take(response.headers_mut());
                without_credential(&mut headers, credential);
                (response.status().as_u16(), headers, response)
            }
        };
        let (status, headers, response) = response;
        // A 304 leads nowhere.
        if (300..400).contains(&status) && status != 304 {
            let origin = headers.get(LOCATION).and_then(|location| self.base.origin_of(location.to_str().ok()?));
            return Err(Failed::answered(status, &headers, Failure::Final, Kind::Redirect { origin }));
        }
        let success = (200..300).contains(&status);
        // Where a stream was asked for, JSON is all that the API has to say.
        let opened = want == Want::File || (want == Want::Events && !is_json(&headers));
        if success && opened {
            return Ok(Received::Opened(Opened { status, headers, response, limits: self.limits, attempts: 0 }));
        }
        let used = watch.used_by_answer(started);
        let until = deadline.at_most(self.limits.timeout.saturating_sub(used)).instant();
        let received = match timeout_at(until, self.memory.read(response)).await {
            Ok(Ok((body, share))) => reduce(body, share, rows).await.map_err(|TooLarge(limit)| (Failure::Final, Kind::TooLarge { limit })),
            Ok(Err(BodyError::TooLarge(limit))) => Err((Failure::Final, Kind::TooLarge { limit })),
            Ok(Err(BodyError::Cut(error))) => Err((Failure::Cut, Kind::Interrupted(causes(&error)))),
            Err(_) => Err((Failure::Stalled, Kind::Timeout { waited: started.elapsed() })),
        };
        match received {
            Ok(Reduced { body, cut, kept, unreadable }) if success => {
                // A page with a good status may come from anywhere.
                if unreadable.is_none() && body.trim_ascii_start().starts_with(b"{") {
                    self.note_answer();
                }
                let (unreadable, about) = (unreadable.map(Box::new), Box::default());
                Ok(Received::Whole(Response { status, body, attempts: 0, headers, cut, kept, about, unreadable }))
            }
            Ok(Reduced { body, .. }) => {
                let failed = refused(status, &headers, &body, credential);
                // Whatever else answers has another form.
                if failed.error.problem.is_some() {
                    self.note_answer();
                }
                Err(failed)
            }
            // An error whose body is lost is still an error.
            Err(_) if !success => Err(refused(status, &headers, b"", credential)),
            Err((failure, kind)) => Err(Failed::answered(status, &headers, failure, kind)),
        }
    }

    /// Waits for an answer at most for the time of one attempt. As long as a form is being sent, that time begins anew.
    pub(super) async fn while_it_moves<T>(&self, answer: impl Future<Output = T>, watch: &Watch, deadline: &Deadline) -> Option<T> {
        let mut answer = pin!(answer);
        loop {
            let before = watch.sent();
            match timeout_at(deadline.at_most(self.limits.timeout).instant(), answer.as_mut()).await {
                Ok(answer) => return Some(answer),
                Err(_) if watch.sent() > before && !deadline.remaining().is_zero() => {}
                Err(_) => return None,
            }
        }
    }

    fn build(&self, request: &Request, credential: Credential<'_>, want: Want, watch: &Watch) -> Result<reqwest::Request, Failed> {
        let url = self.base.below(request.target());
        let method = match request.method() {
            Method::Get => HttpMethod::GET,
            Method::Post => HttpMethod::POST,
            Method::Put => HttpMethod::PUT,
            Method::Patch => HttpMethod::PATCH,
            Method::Delete => HttpMethod::DELETE,
        };
        let mut built = reqwest::Request::new(method, url);
        let headers = built.headers_mut();
        headers.reserve(6);
        let (name, value) = credential.header().map_err(|error| Failed::fatal(Kind::Setup(error.to_string())))?;
        headers.insert(name, value);
        headers.insert(ACCEPT, want.media_type());
        if let Some(idempotency_key) = request.idempotency_key() {
            let value = HeaderValue::from_str(idempotency_key).map_err(|error| Failed::fatal(Kind::Request(error.to_string())))?;
            headers.insert(IDEMPOTENCY_KEY, value);
        }
        if let Some(event) = request.resume_after() {
            let value = HeaderValue::from_str(event).map_err(|error| Failed::fatal(Kind::Request(error.to_string())))?;
            headers.insert(LAST_EVENT_ID, value);
        }
        if let Some(form) = request.form() {
            let no_random = || Failed::fatal(Kind::Setup("the system gives no random numbers".into()));
            let (body, media_type) = Outgoing::of(form, watch).ok_or_else(no_random)?;
            let value = HeaderValue::from_str(&media_type).map_err(|error| Failed::fatal(Kind::Request(error.to_string())))?;
            headers.insert(CONTENT_TYPE, value);
            *built.body_mut() = Some(reqwest::Body::wrap(body));
        } else if let Some(body) = request.body() {
            headers.insert(CONTENT_TYPE, JSON);
            *built.body_mut() = Some(body.clone().into());
        }
        Ok(built)
    }
}

impl Failed {
    fn new(failure: Failure, kind: Kind) -> Self {
        Self { failure, error: Error::new(kind) }
    }

    fn fatal(kind: Kind) -> Self {
        Self::new(Failure::Final, kind)
    }

    fn answered(status: u16, headers: &HeaderMap, failure: Failure, kind: Kind) -> Self {
        let mut failed = Self::new(failure, kind);
        failed.error.status = Some(status);
        failed.error.request_id = request_id(headers).map(str::to_owned);
        failed
    }
}

/// A whole answer. No other kind is given where a whole one is wanted.
fn whole(answer: Answer) -> Result<Response, Box<Error>> {
    match answer {
        Answer::Whole(response) => Ok(response),
        Answer::File(_) | Answer::Events(_) => Err(Error::new(Kind::Empty)),
    }
}

/// Turns an answer with an error status into an error.
fn refused(status: u16, headers: &HeaderMap, body: &[u8], credential: Credential<'_>) -> Failed {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let problem = Problem::parse(status, body).map(|problem| scrubbed(&credential.scrubber(), problem));
    let told = text(RETRY_AFTER).and_then(|value| parse_retry_after(value, text(DATE), SystemTime::now()));
    let retry_after = told.or_else(|| problem.as_ref()?.retry_after.map(Duration::from_secs));
    let said = if problem.is_none() { said(body, text(CONTENT_TYPE)) } else { None };
    let lasting = problem.as_ref().is_some_and(Problem::is_lasting_limit);
    let mut failed = Failed::answered(status, headers, Failure::Status { status, retry_after, lasting }, Kind::Status);
    if let Some(id) = problem.as_ref().and_then(|problem| problem.request_id.clone()) {
        failed.error.request_id = Some(id);
    }
    failed.error.retry_after = retry_after;
    failed.error.said = said.map(|said| scrubbed_text(&credential.scrubber(), &said));
    failed.error.problem = problem;
    failed
}

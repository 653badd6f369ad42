//! The ledger of several machines: in Redis.
//!
//! A used nonce is a key that only one process can make. What an account spent in a period is one small record that a script changes in one
//! step. If Redis does not answer, nothing is counted, and whoever asked is told so at once.
//!
//! A connection may be gone although Redis is there: it was idle for too long, or Redis was started again. So a command that broke off is
//! sent once more on a new connection. If both arrive, a nonce counts as used and a sum is too high. Either way less happens, not more.

use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, FromRedisValue, aio::MultiplexedConnection};
use tokio::{sync::Mutex, time::Instant};

use super::{Day, Entry, LedgerError, Nonce, Period, health::Health, now};
use crate::api;

/// What the names of all keys begin with.
const PREFIX: &str = "videosearch-mcp:";
/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(2);
/// How long we do not try again after a failure, so that calls do not wait for each other's failures.
const PAUSE: Duration = Duration::from_secs(1);
/// The shortest time that a nonce is remembered, in seconds.
const LEAST_LIFE: u64 = 60;
/// How long what was learnt about a key stays, in seconds.
const LEARNT_LIFE: u64 = 3_600;

/// The same rules as `Day::add`. Gives whether it was added, the period, and the sum.
const ADD: &str = "
local period, sum = tonumber(redis.call('HGET', KEYS[1], 'period') or '0'), tonumber(redis.call('HGET', KEYS[1], 'sum') or '0')
local now, amount, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if period < now then period, sum = now, 0 end
if not (sum + amount <= most) then return {'0', string.format('%.0f', period), string.format('%.17g', sum)} end
sum = sum + amount
redis.call('HSET', KEYS[1], 'period', string.format('%.0f', period), 'sum', string.format('%.17g', sum))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {'1', string.format('%.0f', period), string.format('%.17g', sum)}";
/// The same rules as `Day::take_back`.
const TAKE_BACK: &str = "
if redis.call('HGET', KEYS[1], 'period') ~= ARGV[1] then return 0 end
local sum = tonumber(redis.call('HGET', KEYS[1], 'sum') or '0') - tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'sum', string.format('%.17g', math.max(sum, 0)))
return 1";

/// A Redis server, and the connection to it if there is one.
#[derive(Debug)]
pub struct Redis {
    client: Client,
    state: Mutex<State>,
    health: Health,
}

#[derive(Debug, Default)]
struct State {
    connection: Option<Connection>,
    /// How many connections there were so far.
    count: u64,
    failed: Option<Instant>,
}

/// A connection, and its number.
#[derive(Clone)]
struct Connection(MultiplexedConnection, u64);

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

impl Redis {
    /// The Redis at this address: `redis://HOST:PORT/NUMBER`, with a name and a password before the host if it wants them. Connects to
    /// nothing yet. The error repeats nothing of the address, since that may hold a password.
    pub fn at(url: &str) -> Result<Self, LedgerError> {
        let client = Client::open(url).map_err(|_| LedgerError("expected an address such as redis://localhost:6379/0".to_owned()))?;
        Ok(Self { client, state: Mutex::default(), health: Health::default() })
    }

    /// Whether it answers.
    pub async fn check(&self) -> Result<(), LedgerError> {
        self.run::<String>(&redis::cmd("PING")).await.map(drop)
    }

    /// Whether nobody used this nonce before.
    pub(super) async fn first_use(&self, nonce: Nonce, until: u64) -> Result<bool, LedgerError> {
        let life = until.saturating_sub(now()).max(LEAST_LIFE) + LEAST_LIFE;
        let mut command = redis::cmd("SET");
        command.arg(format!("{PREFIX}used:{}", api::hex(&nonce))).arg(1).arg("NX").arg("EX").arg(life);
        Ok(self.run::<Option<String>>(&command).await?.is_some())
    }

    /// Adds to what an account spent in a period, as `Day::add` does.
    pub(super) async fn add(&self, account: &str, period: Period, amount: f64, most: f64) -> Result<Result<Day, f64>, LedgerError> {
        let life = period.seconds.saturating_mul(2);
        let mut command = redis::cmd("EVAL");
        command.arg(ADD).arg(1).arg(record(account)).arg(period.number).arg(amount).arg(most).arg(life);
        let (added, day, sum): (String, u64, f64) = self.run(&command).await?;
        Ok(if added == "1" { Ok(Day { day, spent_mt: sum }) } else { Err(sum) })
    }

    /// Takes back what was added.
    pub(super) async fn take_back(&self, entry: &Entry) -> Result<(), LedgerError> {
        // To take it back twice would be too much, so this command is not repeated. We look first whether the connection works.
        self.check().await?;
        let mut command = redis::cmd("EVAL");
        command.arg(TAKE_BACK).arg(1).arg(record(&entry.account)).arg(entry.day).arg(entry.mt);
        self.once::<u8>(&command).await.map(drop).map_err(|broken| broken.error)
    }

    /// What a process learnt within the last hour, by a name that reveals no key.
    pub async fn recall(&self, name: &str) -> Option<Vec<u8>> {
        self.run(redis::cmd("GET").arg(format!("{PREFIX}learnt:{name}"))).await.ok().flatten()
    }

    /// Keeps what a process learnt.
    pub async fn keep(&self, name: &str, content: &[u8]) {
        let mut command = redis::cmd("SET");
        command.arg(format!("{PREFIX}learnt:{name}")).arg(content).arg("EX").arg(LEARNT_LIFE);
        if let Err(error) = self.run::<()>(&command).await {
            tracing::debug!(%error, "what was learnt about a key is not shared");
        }
    }

    async fn run<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, LedgerError> {
        let outcome = match self.once(command).await {
            Err(Broken { gone: true, .. }) => self.once(command).await,
            first => first,
        };
        match &outcome {
            Ok(_) => self.health.worked(),
            Err(broken) => self.health.failed(&broken.error),
        }
        outcome.map_err(|broken| broken.error)
    }

    async fn once<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Broken> {
        let Connection(mut connection, number) = self.connection().await.map_err(|error| Broken { error, gone: false })?;
        let error = match command.query_async(&mut connection).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // One that is silent would be so again.
        let gone = error.is_connection_dropped() && !error.is_timeout();
        if !matches!(error.kind(), redis::ErrorKind::Server(_)) {
            // Whatever it was, the next command begins with a new connection. Somebody else may have made that already.
            let mut state = self.state.lock().await;
            if state.connection.as_ref().is_some_and(|Connection(_, of)| *of == number) {
                state.connection = None;
                state.failed = (!gone).then(Instant::now);
            }
        }
        Err(Broken { error: LedgerError(format!("Redis does not answer as it should: {error}")), gone })
    }

    async fn connection(&self) -> Result<Connection, LedgerError> {
        // Whoever comes while somebody connects waits for that.
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection {
            return Ok(connection.clone());
        }
        if state.failed.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(LedgerError("Redis cannot be reached".to_owned()));
        }
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(WITHIN)).set_response_timeout(Some(WITHIN));
        match self.client.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => {
                let count = state.count + 1;
                let connection = Connection(connection, count);
                *state = State { connection: Some(connection.clone()), count, failed: None };
                Ok(connection)
            }
            Err(error) => {
                state.failed = Some(Instant::now());
                Err(LedgerError(format!("Redis cannot be reached: {error}")))
            }
        }
    }
}

/// A command that failed.
struct Broken {
    error: LedgerError,
    /// Whether its connection was gone, so that another one may do.
    gone: bool,
}

fn record(account: &str) -> String {
    format!("{PREFIX}spent:{account}")
}

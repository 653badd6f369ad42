//! The ledger of several machines: in Redis.
//!
//! A used nonce is a key that only one process can make. What an account spent in a period is one small record that a script changes in one
//! step. The idempotency key of a call that costs is a key that the first process makes. If Redis does not answer, nothing is counted, and
//! whoever asked is told so at once.
//!
//! A connection may be gone although Redis is there: it was idle for too long, or Redis was started again. So a command that broke off is
//! sent once more on a new connection. If both arrive, a nonce counts as used and a sum is too high. Either way less happens, not more.

use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, FromRedisValue, ServerErrorKind, aio::MultiplexedConnection};
use tokio::{sync::Mutex, time::Instant};

use super::{
    Day, Entry, LedgerError, Nonce, Period, Refused, USED_LIFE,
    health::{Health, PLACE},
};
use crate::api;

/// What the names of all keys begin with.
const PREFIX: &str = "videosearch-mcp:";
/// How long an answer may take.
const WITHIN: Duration = Duration::from_secs(2);
/// How long we do not try again after a failure, so that calls do not wait for each other's failures.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the key stays that shows whether Redis can be written, in seconds.
const CHECK_LIFE: u64 = 60;
/// How long what was learnt about a key stays, in seconds.
const LEARNT_LIFE: u64 = 3_600;

/// The same rules as `Day::add`, for amounts of at least zero. Gives whether it was added (`2` if the sum is of a day to come), the period, and
/// the sum.
const ADD: &str = "
local period, sum = tonumber(redis.call('HGET', KEYS[1], 'period') or '0'), tonumber(redis.call('HGET', KEYS[1], 'sum') or '0')
local now, amount, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if period > now + 1 and ARGV[4] == '1' then return {'2', string.format('%.0f', period), string.format('%.17g', sum)} end
if period < now or period > now + 1 then period, sum = now, 0 end
if not (sum + amount <= most) then return {'0', string.format('%.0f', period), string.format('%.17g', sum)} end
sum = sum + amount
redis.call('HSET', KEYS[1], 'period', string.format('%.0f', period), 'sum', string.format('%.17g', sum))
redis.call('EXPIRE', KEYS[1], ARGV[5])
return {'1', string.format('%.0f', period), string.format('%.17g', sum)}";
/// The same rules as `Day::take_back`.
const TAKE_BACK: &str = "
if redis.call('HGET', KEYS[1], 'period') ~= ARGV[1] then return 0 end
local sum = tonumber(redis.call('HGET', KEYS[1], 'sum') or '0') - tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'sum', string.format('%.17g', math.max(sum, 0)))
return 1";
/// Makes a claim, or joins the one that is there and gives its key. Without a key it makes none. The second key says which claim was joined.
const CLAIM: &str = "
local found = redis.call('GET', KEYS[1])
if found then
if found ~= ARGV[1] then redis.call('SET', KEYS[2], found, 'EX', ARGV[2]) end
return found end
if ARGV[1] ~= '' then redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
return false";
/// Ends a claim that has this key, unless somebody joined it.
const RELEASE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('GET', KEYS[2]) == ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])";

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

    /// Whether it answers and takes what we write. One that was demoted or is full still answers a ping.
    pub async fn check(&self) -> Result<(), LedgerError> {
        let mut command = redis::cmd("SET");
        command.arg(format!("{PREFIX}check")).arg(1).arg("EX").arg(CHECK_LIFE);
        self.written::<()>(&command).await
    }

    /// Whether nobody used this nonce before.
    pub(super) async fn first_use(&self, nonce: Nonce) -> Result<bool, LedgerError> {
        let mut command = redis::cmd("SET");
        command.arg(format!("{PREFIX}used:{}", api::hex(&nonce))).arg(1).arg("NX").arg("EX").arg(USED_LIFE.as_secs());
        Ok(self.written::<Option<String>>(&command).await?.is_some())
    }

    /// The idempotency key under which a call is claimed.
    pub(super) async fn claimed(&self, call: &str) -> Result<Option<String>, LedgerError> {
        self.run(redis::cmd("GET").arg(claim(call))).await
    }

    /// The same, and the claim stays from now on.
    pub(super) async fn join(&self, call: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        self.claim(call, "", within).await
    }

    /// Claims a call with this key, unless it is claimed: then joins that claim and gives its key.
    pub(super) async fn claim(&self, call: &str, key: &str, within: Duration) -> Result<Option<String>, LedgerError> {
        let mut command = redis::cmd("EVAL");
        command.arg(CLAIM).arg(2).arg(claim(call)).arg(joined(call)).arg(key).arg(within.as_secs());
        self.run(&command).await
    }

    /// Gives up a claim that has this key, unless somebody joined it. Returns whether it is given up.
    pub(super) async fn release(&self, call: &str, key: &str) -> Result<bool, LedgerError> {
        let mut command = redis::cmd("EVAL");
        command.arg(RELEASE).arg(2).arg(claim(call)).arg(joined(call)).arg(key);
        Ok(self.run::<u8>(&command).await? == 1)
    }

    /// Adds to what an account spent in a period, as `Day::add` does.
    pub(super) async fn add(&self, account: &str, period: Period, amount: f64, most: f64) -> Result<Result<Day, Refused>, LedgerError> {
        let life = period.seconds.saturating_mul(2);
        let mut command = redis::cmd("EVAL");
        command.arg(ADD).arg(1).arg(record(account)).arg(period.number).arg(amount).arg(most).arg(u8::from(period.is_day())).arg(life);
        let (added, day, sum): (String, u64, f64) = self.run(&command).await?;
        if added == "2" {
            self.health.failed(&record(account), &format_args!("{} counts for a day that has not come yet", record(account)));
            return Ok(Err(Refused::Ahead));
        }
        self.health.worked(&record(account));
        if added == "1" {
            self.health.worked(PLACE);
            return Ok(Ok(Day { day, spent_mt: sum }));
        }
        Ok(Err(Refused::Over(sum)))
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

    /// Runs a command that writes. Only such a one shows that things can be counted.
    async fn written<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, LedgerError> {
        let answer = self.run(command).await?;
        self.health.worked(PLACE);
        Ok(answer)
    }

    async fn run<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, LedgerError> {
        let outcome = match self.once(command).await {
            Err(Broken { gone: true, .. }) => self.once(command).await,
            first => first,
        };
        outcome.map_err(|broken| {
            self.health.failed(PLACE, &broken.error);
            broken.error
        })
    }

    async fn once<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Broken> {
        let Connection(mut connection, number) = self.connection().await.map_err(|error| Broken { error, gone: false })?;
        let error = match command.query_async(&mut connection).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let told = matches!(error.kind(), redis::ErrorKind::Server(_));
        // One that is silent would be so again. One that may only be read did nothing, and another may be in its place by now.
        let gone =
            error.is_connection_dropped() && !error.is_timeout() || error.kind() == redis::ErrorKind::Server(ServerErrorKind::ReadOnly);
        // Whatever it was, the next command begins with a new connection. Somebody else may have made that already.
        let mut state = self.state.lock().await;
        if state.connection.as_ref().is_some_and(|Connection(_, of)| *of == number) {
            state.connection = None;
            state.failed = (!gone && !told).then(Instant::now);
        }
        drop(state);
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

/// The name of the sum of an account.
pub(super) fn record(account: &str) -> String {
    format!("{PREFIX}spent:{account}")
}

fn claim(call: &str) -> String {
    format!("{PREFIX}claim:{call}")
}

fn joined(call: &str) -> String {
    format!("{PREFIX}joined:{call}")
}

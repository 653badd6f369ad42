//! Blocking reads and writes that also wait where a non-blocking descriptor only says that it is not ready.

use std::io::{self, Read, Write};

/// Standard input, without a buffer.
#[derive(Debug, Clone, Copy)]
pub struct StandardInput;

/// One of the standard streams to write to, without a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

#[cfg(unix)]
impl Standard {
    fn descriptor(self) -> std::os::fd::BorrowedFd<'static> {
        match self {
            Self::Output => rustix::stdio::stdout(),
            Self::Error => rustix::stdio::stderr(),
        }
    }
}

/// Tries until it is done or fails. In between it waits until the descriptor is ready.
#[cfg(unix)]
fn patiently<T>(
    descriptor: std::os::fd::BorrowedFd<'_>,
    ready: rustix::event::PollFlags,
    mut attempt: impl FnMut() -> rustix::io::Result<T>,
) -> io::Result<T> {
    use rustix::{event, io::Errno};
    loop {
        match attempt() {
            Err(Errno::AGAIN) => match event::poll(&mut [event::PollFd::from_borrowed_fd(descriptor, ready)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            },
            Err(Errno::INTR) => {}
            done => return Ok(done?),
        }
    }
}

#[cfg(unix)]
impl Read for StandardInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = rustix::stdio::stdin();
        patiently(stdin, rustix::event::PollFlags::IN, || rustix::io::read(stdin, &mut *buffer))
    }
}

#[cfg(unix)]
impl Write for Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        patiently(self.descriptor(), rustix::event::PollFlags::OUT, || rustix::io::write(self.descriptor(), bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// Elsewhere the standard library knows best: on Windows it translates for the console.
#[cfg(not(unix))]
impl Read for StandardInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        io::stdin().lock().read(buffer)
    }
}

#[cfg(not(unix))]
impl Write for Standard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Error => io::stderr().lock().write(bytes),
            Self::Output => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes).and_then(|()| stdout.flush()).map(|()| bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

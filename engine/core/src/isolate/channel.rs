//! The socket between parent and worker: bytes in order, and descriptors that come along with them.

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags,
    SocketType, recvmsg, sendmsg, socketpair,
};
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Descriptors in one message; the kernel takes up to 253.
pub(super) const DESCRIPTORS: usize = 64;

/// Both ends; they are closed where a program is executed, unless they are made one of its standard streams.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?)
}

/// Whether a call may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// Until there is room, or something came.
    Yes,
    /// It gives [`io::ErrorKind::WouldBlock`] instead.
    No,
}

/// Sends bytes, and descriptors with the first of them (up to [`DESCRIPTORS`]); how many bytes went out.
pub(super) fn send(socket: BorrowedFd<'_>, bytes: &[u8], descriptors: &[BorrowedFd<'_>], wait: Wait) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("more descriptors than one message carries"));
    }
    let flags = SendFlags::NOSIGNAL | if wait == Wait::No { SendFlags::DONTWAIT } else { SendFlags::empty() };
    retried(|| sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags))
}

/// Receives what is there: how many bytes came (0 at the end), and their descriptors in order.
pub(super) fn receive(socket: BorrowedFd<'_>, buf: &mut [u8], descriptors: &mut VecDeque<OwnedFd>, wait: Wait) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | if wait == Wait::No { RecvFlags::DONTWAIT } else { RecvFlags::empty() };
    let got = retried(|| recvmsg(socket, &mut [IoSliceMut::new(buf)], &mut control, flags))?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    Ok(got.bytes)
}

fn retried<T>(mut call: impl FnMut() -> Result<T, Errno>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other.map_err(io::Error::from),
        }
    }
}

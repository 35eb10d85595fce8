#include "sandbox/host_file.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <limits>

#include "sandbox/native.hpp"

namespace cairn::wasi {
namespace {

int count(std::span<const iovec> buffers) {
  return static_cast<int>(std::min(buffers.size(), buffers_max));
}

/// The system's offsets are signed: what does not fit is an error before it is asked.
Outcome<off_t> to_offset(uint64_t offset) {
  if (offset > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) return fail(Errno::inval);
  return static_cast<off_t>(offset);
}

Outcome<> done(int result) {
  if (result != 0) return fail_native(errno);
  return {};
}

Outcome<size_t> transferred(ssize_t result) {
  if (result < 0) return fail_native(errno);
  return static_cast<size_t>(result);
}

int native_advice(Advice advice) {
  switch (advice) {
    case Advice::normal: return POSIX_FADV_NORMAL;
    case Advice::sequential: return POSIX_FADV_SEQUENTIAL;
    case Advice::random: return POSIX_FADV_RANDOM;
    case Advice::will_need: return POSIX_FADV_WILLNEED;
    case Advice::dont_need: return POSIX_FADV_DONTNEED;
    case Advice::no_reuse: return POSIX_FADV_NOREUSE;
  }
  return POSIX_FADV_NORMAL;
}

}  // namespace

HostFile::HostFile(int fd, FileType type, bool owned) : Handle(type), fd_(fd), owned_(owned) {
  if (type == FileType::regular_file || type == FileType::block_device) {
    seekable_ = true;
    return;
  }
  terminal_ = type == FileType::character_device && isatty(fd) != 0;
  seekable_ = type == FileType::character_device && !terminal_;
  may_block_ = type != FileType::directory;
}

HostFile::~HostFile() {
  if (owned_) close(fd_);
}

Outcome<FileStat> HostFile::stat() {
  struct stat info;
  if (fstat(fd_, &info) != 0) return fail_native(errno);
  return file_stat(info);
}

Outcome<FdFlags> HostFile::flags() {
  const int native = fcntl(fd_, F_GETFL);
  if (native < 0) return fail_native(errno);
  return fd_flags(native);
}

Outcome<> HostFile::set_flags(FdFlags flags) {
  // fcntl(2) changes these two only; asking for another would be ignored silently.
  constexpr FdFlags changeable = fd_flag::append | fd_flag::nonblock;
  const Outcome<FdFlags> now = this->flags();
  if (!now) return fail(now.error());
  if (((flags ^ *now) & flags & ~changeable) != 0) return fail(Errno::notsup);
  const int native = fcntl(fd_, F_GETFL);
  if (native < 0) return fail_native(errno);
  return done(
      fcntl(fd_, F_SETFL, (native & ~(O_APPEND | O_NONBLOCK)) | native_flags(flags & changeable)));
}

Outcome<> HostFile::set_times(NewTime accessed, NewTime modified) {
  return done(futimens(fd_, native_times(accessed, modified).times));
}

Outcome<size_t> HostFile::read(ReadBuffers buffers) {
  return transferred(readv(fd_, buffers.data(), count(buffers)));
}

Outcome<size_t> HostFile::write(WriteBuffers buffers) {
  if (is_socket()) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(buffers.data());
    message.msg_iovlen = static_cast<size_t>(count(buffers));
    return transferred(sendmsg(fd_, &message, MSG_NOSIGNAL));
  }
  return transferred(writev(fd_, buffers.data(), count(buffers)));
}

Outcome<size_t> HostFile::read_at(ReadBuffers buffers, uint64_t offset) {
  const Outcome<off_t> at = to_offset(offset);
  if (!at) return fail(at.error());
  return transferred(preadv(fd_, buffers.data(), count(buffers), *at));
}

Outcome<size_t> HostFile::write_at(WriteBuffers buffers, uint64_t offset) {
  const Outcome<off_t> at = to_offset(offset);
  if (!at) return fail(at.error());
  // With `append` Linux writes at the end, whatever the offset (pwrite(2), BUGS).
  return transferred(pwritev(fd_, buffers.data(), count(buffers), *at));
}

/// Those have ways of their own, which raise no signals.
bool HostFile::is_socket() const {
  return type() == FileType::socket_stream || type() == FileType::socket_dgram;
}

Outcome<size_t> HostFile::read_now(ReadBuffers buffers, std::optional<uint64_t> offset) {
  if (is_socket()) return read(buffers);
  const Outcome<off_t> at = offset ? to_offset(*offset) : Outcome<off_t>(-1);
  if (!at) return fail(at.error());
  const ssize_t got = preadv2(fd_, buffers.data(), count(buffers), *at, RWF_NOWAIT);
  if (got >= 0 || errno != EOPNOTSUPP) return transferred(got);
  if (is_slow()) return fail(Errno::again);
  return offset ? read_at(buffers, *offset) : read(buffers);
}

Outcome<size_t> HostFile::write_now(WriteBuffers buffers, std::optional<uint64_t> offset) {
  // Only some file systems can tell, and a write that starts a journal's is none that does not
  // wait.
  if (is_slow()) return fail(Errno::again);
  if (offset) return write_at(buffers, *offset);
  if (is_socket()) return write(buffers);
  const ssize_t put = pwritev2(fd_, buffers.data(), count(buffers), -1, RWF_NOWAIT);
  if (put >= 0 || errno != EOPNOTSUPP || buffers.empty()) return transferred(put);
  // A pipe that is ready takes so much without blocking, if nobody else writes to it meanwhile.
  const iovec first{buffers[0].iov_base, std::min<size_t>(buffers[0].iov_len, PIPE_BUF)};
  return write({&first, 1});
}

Outcome<size_t> HostFile::append(WriteBuffers buffers) {
  return transferred(pwritev2(fd_, buffers.data(), count(buffers), 0, RWF_APPEND));
}

Outcome<uint64_t> HostFile::seek(int64_t offset, Whence whence) {
  if (!seekable_) return fail(Errno::spipe);
  static constexpr int native[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  const off_t position = lseek(fd_, offset, native[static_cast<size_t>(whence)]);
  if (position < 0) return fail_native(errno);
  return static_cast<uint64_t>(position);
}

Outcome<> HostFile::advise(uint64_t offset, uint64_t length, Advice advice) {
  const Outcome<off_t> at = to_offset(offset);
  const Outcome<off_t> size = to_offset(length);
  if (!at || !size) return fail(Errno::inval);
  // Unlike its neighbours it returns the error.
  const int error = posix_fadvise(fd_, *at, *size, native_advice(advice));
  if (error != 0) return fail_native(error);
  return {};
}

Outcome<> HostFile::allocate(uint64_t offset, uint64_t length) {
  const Outcome<off_t> at = to_offset(offset);
  const Outcome<off_t> size = to_offset(length);
  if (!at || !size) return fail(Errno::inval);
  return done(fallocate(fd_, 0, *at, *size));
}

Outcome<> HostFile::set_size(uint64_t size) {
  const Outcome<off_t> to = to_offset(size);
  if (!to) return fail(to.error());
  return done(ftruncate(fd_, *to));
}

Outcome<> HostFile::sync_data() { return done(fdatasync(fd_)); }
Outcome<> HostFile::sync() { return done(fsync(fd_)); }

uint64_t HostFile::readable_bytes() {
  int bytes = 0;
  if (ioctl(fd_, FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<uint64_t>(bytes);
}

}  // namespace cairn::wasi

// What a handle answers to operations that its kind does not have.

#include <cairn/wasi/sandbox/handle.hpp>

namespace cairn::wasi {
namespace {

/// For operations on bytes: a directory is one, anything else just cannot.
std::unexpected<Errno> no_bytes(FileType type) {
  return fail(type == FileType::directory ? Errno::isdir : Errno::badf);
}

}  // namespace

Outcome<FileStat> Handle::stat() { return FileStat{.type = type_}; }
Outcome<FdFlags> Handle::flags() { return FdFlags{0}; }
Outcome<> Handle::set_flags(FdFlags) { return fail(Errno::notsup); }
Outcome<> Handle::set_times(NewTime, NewTime) { return fail(Errno::notsup); }

Outcome<size_t> Handle::read(ReadBuffers) { return no_bytes(type_); }
Outcome<size_t> Handle::write(WriteBuffers) { return no_bytes(type_); }
Outcome<size_t> Handle::read_at(ReadBuffers, uint64_t) {
  return fail(type_ == FileType::directory ? Errno::isdir : Errno::spipe);
}
Outcome<size_t> Handle::write_at(WriteBuffers, uint64_t) {
  return fail(type_ == FileType::directory ? Errno::isdir : Errno::spipe);
}
Outcome<size_t> Handle::read_now(ReadBuffers buffers, std::optional<uint64_t> offset) {
  if (is_slow()) return fail(Errno::again);
  return offset ? read_at(buffers, *offset) : read(buffers);
}
Outcome<size_t> Handle::write_now(WriteBuffers buffers, std::optional<uint64_t> offset) {
  if (is_slow()) return fail(Errno::again);
  return offset ? write_at(buffers, *offset) : write(buffers);
}
Outcome<size_t> Handle::append(WriteBuffers buffers) {
  const Outcome<FileStat> now = stat();
  if (!now) return fail(now.error());
  return write_at(buffers, now->size);
}
Outcome<uint64_t> Handle::seek(int64_t, Whence) {
  return fail(type_ == FileType::directory ? Errno::isdir : Errno::spipe);
}
Outcome<> Handle::advise(uint64_t, uint64_t, Advice) { return fail(Errno::spipe); }
Outcome<> Handle::allocate(uint64_t, uint64_t) { return fail(Errno::notsup); }
Outcome<> Handle::set_size(uint64_t) { return fail(Errno::inval); }
Outcome<> Handle::sync_data() { return fail(Errno::inval); }
Outcome<> Handle::sync() { return fail(Errno::inval); }
uint64_t Handle::readable_bytes() { return 0; }

Outcome<std::shared_ptr<Handle>> Handle::open(std::string_view, const OpenOptions&) {
  return fail(Errno::notdir);
}
Outcome<std::vector<DirectoryEntry>> Handle::list(uint64_t, size_t) { return fail(Errno::notdir); }
Outcome<FileStat> Handle::stat_at(std::string_view, bool) { return fail(Errno::notdir); }
Outcome<> Handle::set_times_at(std::string_view, bool, NewTime, NewTime) {
  return fail(Errno::notdir);
}
Outcome<> Handle::create_directory(std::string_view) { return fail(Errno::notdir); }
Outcome<> Handle::remove_directory(std::string_view) { return fail(Errno::notdir); }
Outcome<> Handle::remove_file(std::string_view) { return fail(Errno::notdir); }
Outcome<> Handle::rename(std::string_view, Handle&, std::string_view) {
  return fail(Errno::notdir);
}
Outcome<> Handle::link(std::string_view, Handle&, std::string_view) { return fail(Errno::notdir); }
Outcome<> Handle::symlink(std::string_view, std::string_view) { return fail(Errno::notdir); }
Outcome<std::string> Handle::read_link(std::string_view) { return fail(Errno::notdir); }

Outcome<std::shared_ptr<Handle>> Handle::accept(FdFlags) { return fail(Errno::notsock); }
Outcome<Received> Handle::receive(ReadBuffers, bool) { return fail(Errno::notsock); }
Outcome<size_t> Handle::send(WriteBuffers) { return fail(Errno::notsock); }
Outcome<> Handle::shut_down(bool, bool) { return fail(Errno::notsock); }

}  // namespace cairn::wasi

#include "preview1/functions.hpp"

#include <fmt/format.h>

#include <utility>

namespace cairn::wasi {
namespace {

using engine::Caller;
using engine::HostStatus;

GuestMemory memory_of(const Caller& caller) {
  const engine::Memory memory = caller.memory();
  return GuestMemory(memory ? memory.bytes() : MutableByteSpan());
}

/// Makes the raw form of a function from its C++ signature.
template <auto function>
struct Face;

template <class... Args, Outcome<> (*function)(Call&, Args...)>
struct Face<function> {
  static Outcome<> invoke(Call& call, const uint64_t* slots) {
    return with_slots(call, slots, std::index_sequence_for<Args...>());
  }
  static HostStatus callback(void* env, Caller& caller, uint64_t* slots) {
    Call call{*static_cast<Preview1State*>(env), memory_of(caller)};
    const Outcome<> done = invoke(call, slots);
    if (call.interrupted) {
      return caller.fail(Error{.kind = ErrorKind::limit, .message = "interrupted"});
    }
    slots[0] = done ? 0 : static_cast<uint64_t>(done.error());
    return HostStatus::ok;
  }
  static constexpr Function row(std::string_view name) {
    return {name,
            &callback,
            &invoke,
            {(sizeof(Args) == 8 ? wasm::i64 : wasm::i32)...},
            sizeof...(Args)};
  }

 private:
  template <size_t... i>
  static Outcome<> with_slots(Call& call, [[maybe_unused]] const uint64_t* slots,
                              std::index_sequence<i...>) {
    return function(call, static_cast<Args>(slots[i])...);
  }
};

HostStatus proc_exit(void* env, Caller& caller, uint64_t* slots) {
  auto& state = *static_cast<Preview1State*>(env);
  state.exit_code = static_cast<uint32_t>(slots[0]);
  return caller.fail(Error{.kind = ErrorKind::usage,
                           .message = fmt::format("the program exited with {}", *state.exit_code)});
}

#define CAIRN_FACE(name) Face<&name>::row(#name)
constexpr Function table[] = {
    CAIRN_FACE(args_get),
    CAIRN_FACE(args_sizes_get),
    CAIRN_FACE(clock_res_get),
    CAIRN_FACE(clock_time_get),
    CAIRN_FACE(environ_get),
    CAIRN_FACE(environ_sizes_get),
    CAIRN_FACE(fd_advise),
    CAIRN_FACE(fd_allocate),
    CAIRN_FACE(fd_close),
    CAIRN_FACE(fd_datasync),
    CAIRN_FACE(fd_fdstat_get),
    CAIRN_FACE(fd_fdstat_set_flags),
    CAIRN_FACE(fd_fdstat_set_rights),
    CAIRN_FACE(fd_filestat_get),
    CAIRN_FACE(fd_filestat_set_size),
    CAIRN_FACE(fd_filestat_set_times),
    CAIRN_FACE(fd_pread),
    CAIRN_FACE(fd_prestat_dir_name),
    CAIRN_FACE(fd_prestat_get),
    CAIRN_FACE(fd_pwrite),
    CAIRN_FACE(fd_read),
    CAIRN_FACE(fd_readdir),
    CAIRN_FACE(fd_renumber),
    CAIRN_FACE(fd_seek),
    CAIRN_FACE(fd_sync),
    CAIRN_FACE(fd_tell),
    CAIRN_FACE(fd_write),
    CAIRN_FACE(path_create_directory),
    CAIRN_FACE(path_filestat_get),
    CAIRN_FACE(path_filestat_set_times),
    CAIRN_FACE(path_link),
    CAIRN_FACE(path_open),
    CAIRN_FACE(path_readlink),
    CAIRN_FACE(path_remove_directory),
    CAIRN_FACE(path_rename),
    CAIRN_FACE(path_symlink),
    CAIRN_FACE(path_unlink_file),
    CAIRN_FACE(poll_oneoff),
    Function{"proc_exit", &proc_exit, nullptr, {wasm::i32}, 1},
    CAIRN_FACE(proc_raise),
    CAIRN_FACE(random_get),
    CAIRN_FACE(sched_yield),
    CAIRN_FACE(sock_accept),
    CAIRN_FACE(sock_recv),
    CAIRN_FACE(sock_send),
    CAIRN_FACE(sock_shutdown),
};
#undef CAIRN_FACE
static_assert(std::size(table) == 46);

}  // namespace

std::span<const Function> functions() { return table; }

}  // namespace cairn::wasi

// The table of functions, and the way from a guest's call to one of them.

#include <cairn/wasi/preview1.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

#include "preview1/call.hpp"

namespace cairn::wasi {
namespace {

using engine::Caller;
using engine::HostStatus;

constexpr std::string_view module_name = "wasi_snapshot_preview1";

/// At most this many parameters: path_open's.
constexpr size_t params_max = 9;

struct Function {
  std::string_view name;
  engine::HostCallback callback;
  std::array<wasm::ValType, params_max> params;
  uint8_t param_count;
  bool returns_errno = true;
};

/// Makes the raw form of a function from its C++ signature.
template <auto function>
struct Face;

template <class... Args, Outcome<> (*function)(Call&, Args...)>
struct Face<function> {
  static HostStatus call(void* env, Caller& caller, uint64_t* slots) {
    return call_with(env, caller, slots, std::index_sequence_for<Args...>());
  }
  static constexpr Function row(std::string_view name) {
    return {name, &call, {(sizeof(Args) == 8 ? wasm::i64 : wasm::i32)...}, sizeof...(Args)};
  }

 private:
  template <size_t... i>
  static HostStatus call_with(void* env, Caller& caller, [[maybe_unused]] uint64_t* slots,
                              std::index_sequence<i...>) {
    Call call{*static_cast<Preview1State*>(env), memory_of(caller)};
    const Outcome<> done = function(call, static_cast<Args>(slots[i])...);
    if (call.interrupted) {
      return caller.fail(Error{.kind = ErrorKind::limit, .message = "interrupted"});
    }
    slots[0] = done ? 0 : static_cast<uint64_t>(done.error());
    return HostStatus::ok;
  }
  static GuestMemory memory_of(const Caller& caller) {
    const engine::Memory memory = caller.memory();
    return GuestMemory(memory ? memory.bytes() : MutableByteSpan());
  }
};

HostStatus proc_exit(void* env, Caller& caller, uint64_t* slots) {
  auto& state = *static_cast<Preview1State*>(env);
  state.exit_code = static_cast<uint32_t>(slots[0]);
  return caller.fail(Error{.kind = ErrorKind::usage,
                           .message = fmt::format("the program exited with {}", *state.exit_code)});
}

#define CAIRN_FACE(name) Face<&name>::row(#name)
constexpr Function functions[] = {
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
    Function{"proc_exit", &proc_exit, {wasm::i32}, 1, false},
    CAIRN_FACE(proc_raise),
    CAIRN_FACE(random_get),
    CAIRN_FACE(sched_yield),
    CAIRN_FACE(sock_accept),
    CAIRN_FACE(sock_recv),
    CAIRN_FACE(sock_send),
    CAIRN_FACE(sock_shutdown),
};
#undef CAIRN_FACE
static_assert(std::size(functions) == 46);

void define(engine::Linker& linker, const Function& function,
            const std::shared_ptr<Preview1State>& state) {
  wasm::FuncType type;
  type.params.assign(function.params.begin(), function.params.begin() + function.param_count);
  if (function.returns_errno) type.results.push_back(wasm::i32);
  linker.define(std::string(module_name), std::string(function.name), std::move(type),
                function.callback, state);
}

/// The standard streams keep the numbers 0, 1 and 2 even where one is closed.
void add_stream(DescriptorTable& table, std::shared_ptr<Handle> stream) {
  const Rights rights = stream ? applicable_rights(*stream) : 0;
  table.append({.handle = std::move(stream), .base = rights});
}

}  // namespace

Preview1::Preview1(Preview1Config config)
    : state_(std::make_shared<Preview1State>(std::move(config))) {
  Preview1Config& given = state_->config;
  DescriptorTable& table = state_->table;
  add_stream(table, std::move(given.standard_input));
  add_stream(table, std::move(given.standard_output));
  add_stream(table, std::move(given.standard_error));
  for (Preopen& preopen : given.preopens) {
    const Rights taken = preopen.read_only ? right::changing : 0;
    table.append({.handle = std::move(preopen.directory),
                  .base = right::directory & ~taken,
                  .inheriting = right::all & ~taken,
                  .preopen_path = std::move(preopen.guest_path)});
  }
  for (std::shared_ptr<Handle>& socket : given.sockets) {
    table.append({.handle = std::move(socket), .base = right::socket});
  }
}

Preview1::~Preview1() = default;

std::optional<uint32_t> Preview1::exit_code() const { return state_->exit_code; }

void Preview1::add_to(engine::Linker& linker, const engine::Module& module) const {
  for (const wasm::Import& import : module.ast().imports) {
    if (import.module != module_name) continue;
    for (const Function& function : functions) {
      if (function.name == import.name) define(linker, function, state_);
    }
  }
}

void Preview1::add_to(engine::Linker& linker) const {
  for (const Function& function : functions) define(linker, function, state_);
}

}  // namespace cairn::wasi

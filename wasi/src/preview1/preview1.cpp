// The context of one program: its first descriptors, and how its functions are linked.

#include <cairn/wasi/preview1.hpp>

#include "preview1/functions.hpp"

namespace cairn::wasi {
namespace {

constexpr std::string_view module_name = "wasi_snapshot_preview1";

void define(engine::Linker& linker, const Function& function,
            const std::shared_ptr<Preview1State>& state) {
  wasm::FuncType type;
  type.params.assign(function.params.begin(), function.params.begin() + function.param_count);
  if (function.invoke != nullptr) type.results.push_back(wasm::i32);
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
    for (const Function& function : functions()) {
      if (function.name == import.name) define(linker, function, state_);
    }
  }
}

void Preview1::add_to(engine::Linker& linker) const {
  for (const Function& function : functions()) define(linker, function, state_);
}

}  // namespace cairn::wasi

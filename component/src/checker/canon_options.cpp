// Options of canonical definitions (CanonicalABI.md, "canonopt Validation").

#include <fmt/format.h>

#include "checker/checker.hpp"

namespace cairn::component {

using Kind = syntax::CanonOption::Kind;

namespace {

constexpr std::string_view encoding_words[] = {"utf8", "utf16", "latin1-utf16"};

}  // namespace

Result<> Checker::add_canon_option(CanonOptions& options, const syntax::CanonOption& option) const {
  const auto once = [&](std::optional<uint32_t>& slot, std::string_view word) -> Result<> {
    if (slot) return wrong(fmt::format("canonical option `{}` is specified more than once", word));
    slot = option.index;
    return {};
  };
  switch (option.kind) {
    case Kind::utf8:
    case Kind::utf16:
    case Kind::latin1_utf16:
      if (options.encoding) {
        return wrong(fmt::format("canonical encoding option `{}` conflicts with option `{}`",
                                 encoding_words[static_cast<size_t>(*options.encoding)],
                                 encoding_words[static_cast<size_t>(option.kind)]));
      }
      options.encoding = option.kind;
      return {};
    case Kind::memory: return once(options.memory, "memory");
    case Kind::realloc: return once(options.realloc, "realloc");
    case Kind::post_return: return once(options.post_return, "post-return");
    case Kind::callback: return once(options.callback, "callback");
    case Kind::async:
      if (options.is_async) return wrong("canonical option `async` is specified more than once");
      options.is_async = true;
      return {};
  }
  return {};
}

Result<> Checker::check_canon_memory(CanonOptions& options) const {
  if (!options.memory) {
    if (!options.realloc) return {};
    return wrong("canonical option `realloc` requires `memory` to also be specified");
  }
  const wasm::MemoryType memory =
      TRY(at(scope_->checked->core_memories, *options.memory, "memory"));
  const bool is_wide = memory.address == wasm::AddrType::i64;
  if (memory.shared || memory.page_size_log2 != 16 || (is_wide && !has(Feature::memory64))) {
    return wrong("canonical option `memory` uses a memory that is not a subtype of `(memory 0)`");
  }
  options.ptr = is_wide ? PtrSize::bits64 : PtrSize::bits32;
  if (!options.realloc) return {};
  const wasm::ValType address = options.address();
  const wasm::FuncType expected{.params = {address, address, address, address},
                                .results = {address}};
  if (TRY(core_func_at(*options.realloc)) != expected) {
    return wrong("canonical option `realloc` uses a core function with an incorrect signature");
  }
  return {};
}

/// What holds wherever options stand.
Result<Checker::CanonOptions> Checker::canon_options(const syntax::Canon& canon) const {
  CanonOptions options;
  for (const syntax::CanonOption& option : canon.options) TRY(add_canon_option(options, option));
  TRY(check_canon_memory(options));
  if (options.callback) {
    if (!options.is_async) {
      return wrong("canonical option `callback` cannot be specified without `async`");
    }
    const wasm::FuncType expected{.params = {wasm::i32, wasm::i32, wasm::i32},
                                  .results = {wasm::i32}};
    if (TRY(core_func_at(*options.callback)) != expected) {
      return wrong("canonical option `callback` uses a core function with an incorrect signature");
    }
  }
  if (options.post_return && options.is_async) {
    return wrong("canonical option `post-return` cannot be specified together with `async`");
  }
  return options;
}

/// `allowed`: the first letters of the options that may be there, of e(ncoding), m(emory),
/// r(ealloc), p(ost-return), a(sync), c(allback).
Result<> Checker::allow_options(const CanonOptions& options, std::string_view allowed) const {
  struct Use {
    char letter;
    bool used;
    std::string_view word;
  };
  const Use uses[] = {
      {'e', options.encoding.has_value(), "string-encoding"},
      {'m', options.memory.has_value(), "memory"},
      {'r', options.realloc.has_value(), "realloc"},
      {'p', options.post_return.has_value(), "post-return"},
      {'a', options.is_async, "async"},
      {'c', options.callback.has_value(), "callback"},
  };
  for (const Use& use : uses) {
    if (use.used && !allowed.contains(use.letter)) {
      return wrong(fmt::format("canonical option `{}` is not allowed here", use.word));
    }
  }
  return {};
}

Result<> Checker::require_memory(const CanonOptions& options) const {
  if (!options.memory) return wrong("canonical option `memory` is required");
  return {};
}

Result<> Checker::require_realloc(const CanonOptions& options) const {
  TRY(require_memory(options));
  if (!options.realloc) return wrong("canonical option `realloc` is required");
  return {};
}

}  // namespace cairn::component

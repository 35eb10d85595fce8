#include "functions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::cli {
namespace {

bool is_called(const wasm::Module& module, const wasm::ModuleNames& names,
               const std::string& wanted, uint32_t func) {
  const std::string* const name = wasm::find_name(names.functions, func);
  if (wanted == std::to_string(func) || (!wanted.empty() && name != nullptr && wanted == *name))
    return true;
  return std::ranges::any_of(module.exports, [&](const wasm::Export& item) {
    return item.kind == wasm::ExternKind::func && item.index == func && item.name == wanted;
  });
}

}  // namespace

Result<std::vector<uint32_t>> choose_functions(const wasm::Module& module,
                                               const wasm::ModuleNames& names,
                                               const std::vector<std::string>& wanted) {
  std::vector<bool> found(wanted.size());
  std::vector<uint32_t> chosen;
  for (uint32_t i = 0; i < module.code.size(); ++i) {
    bool is_chosen = wanted.empty();
    for (size_t k = 0; k < wanted.size(); ++k) {
      if (!is_called(module, names, wanted[k], module.imported_functions + i)) continue;
      is_chosen = found[k] = true;
    }
    if (is_chosen) chosen.push_back(i);
  }
  if (const auto missing = std::ranges::find(found, false); missing != found.end())
    return fail(ErrorKind::not_found,
                fmt::format("there is no function {} with code",
                            wanted[static_cast<size_t>(missing - found.begin())]));
  return chosen;
}

}  // namespace cairn::cli

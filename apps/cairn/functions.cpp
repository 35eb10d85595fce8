#include "functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace cairn::cli {
namespace {

/// The function indices of all functions that are called so.
std::vector<uint32_t> functions_called(const wasm::Module& module, const wasm::ModuleNames& names,
                                       const std::string& wanted) {
  std::vector<uint32_t> funcs;
  uint32_t number = 0;
  const char* const end = wanted.data() + wanted.size();
  if (const auto [stop, status] = std::from_chars(wanted.data(), end, number);
      status == std::errc{} && stop == end) {
    funcs.push_back(number);
  }
  for (const auto& [func, name] : names.functions) {
    if (!wanted.empty() && name == wanted) funcs.push_back(func);
  }
  for (const wasm::Export& item : module.exports) {
    if (item.kind == wasm::ExternKind::func && item.name == wanted) funcs.push_back(item.index);
  }
  return funcs;
}

}  // namespace

Result<std::vector<uint32_t>> choose_functions(const wasm::Module& module,
                                               const wasm::ModuleNames& names,
                                               const std::vector<std::string>& wanted) {
  std::vector<uint32_t> chosen;
  if (wanted.empty()) {
    chosen.resize(module.code.size());
    std::iota(chosen.begin(), chosen.end(), 0);
    return chosen;
  }
  for (const std::string& name : wanted) {
    const size_t before = chosen.size();
    for (const uint32_t func : functions_called(module, names, name)) {
      const uint32_t index = func - module.imported_functions;
      if (func >= module.imported_functions && index < module.code.size()) chosen.push_back(index);
    }
    if (chosen.size() == before)
      return fail(ErrorKind::not_found, fmt::format("there is no function {} with code", name));
  }
  std::ranges::sort(chosen);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace cairn::cli

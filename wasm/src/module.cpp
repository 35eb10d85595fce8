#include <cairn/wasm/module.hpp>

namespace cairn::wasm {

void Module::add_import(Import import) {
  switch (import.kind) {
    case ExternKind::func: ++imported_functions; break;
    case ExternKind::table: ++imported_tables; break;
    case ExternKind::memory: ++imported_memories; break;
    case ExternKind::global: ++imported_globals; break;
    case ExternKind::tag: ++imported_tags; break;
  }
  imports.push_back(std::move(import));
}

}  // namespace cairn::wasm

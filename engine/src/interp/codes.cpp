// Code objects of modules, and their translation on the first call.

#include <algorithm>

#include "interp/calls.hpp"
#include "interp/translator.hpp"

namespace cairn::engine {

void make_codes(ModuleState& module) {
  const size_t count = module.ast.functions.size();
  const bool tail = module.engine->settings.dispatch == Dispatch::tail_call;
  module.codes = {new FuncCode[count], [](FuncCode* codes) { delete[] codes; }};
  for (size_t i = 0; i < count; ++i) {
    FuncCode& code = module.codes[i];
    code.entry.store((tail ? stubs_tail : stubs_loop).translate, std::memory_order_relaxed);
    code.module = &module;
    code.defined_index = static_cast<uint32_t>(i);
  }
}

FuncCode* code_of(const ModuleState& module, uint32_t defined_index) {
  return &module.codes[defined_index];
}

const wasm::FuncType& type_of(const FuncCode& code) {
  const ModuleState& module = *code.module;
  const uint32_t index = module.ast.imported_functions + code.defined_index;
  return *module.runtime_types[module.func_type_index[index]].type->func();
}

const Word* translate_now(FuncCode& code) {
  CodeRanges& ranges = code.module->code_ranges;
  const std::scoped_lock lock(ranges.translation_mutex());
  if (!code.body) {
    if (code.module->engine->settings.far_frames || !Translator(*code.module, code).run())
      Translator(*code.module, code, true).run();
    const std::vector<Word>& words = code.body->words;
    ranges.add(words.data(), words.data() + words.size(), &code);
    if (code.native_entry.load() == nullptr)
      code.entry.store(words.data(), std::memory_order_release);
  }
  return code.body->words.data();
}

void CodeRanges::add(const Word* begin, const Word* end, FuncCode* code) {
  const std::scoped_lock lock(mutex_);
  const auto at = std::ranges::upper_bound(ranges_, begin, {}, &Range::begin);
  ranges_.insert(at, {begin, end, code});
}

FuncCode* CodeRanges::find(const Word* pc) const {
  const std::scoped_lock lock(mutex_);
  const auto after = std::ranges::upper_bound(ranges_, pc, {}, &Range::begin);
  if (after == ranges_.begin()) return nullptr;
  const Range& range = after[-1];
  return pc < range.end ? range.code : nullptr;
}

}  // namespace cairn::engine

#pragma once
/// Which function's code an address lies in; kept by a module for the functions translated so far.

#include <mutex>
#include <vector>

namespace cairn::engine {

union Word;
struct FuncCode;

class CodeRanges {
 public:
  /// Held while a function of the module is translated.
  std::mutex& translation_mutex() { return translation_mutex_; }
  void add(const Word* begin, const Word* end, FuncCode* code);
  /// The function around `pc`, or null.
  FuncCode* find(const Word* pc) const;

 private:
  struct Range {
    const Word* begin;
    const Word* end;
    FuncCode* code;
  };
  std::mutex translation_mutex_;
  mutable std::mutex mutex_;
  std::vector<Range> ranges_;  ///< by address
};

}  // namespace cairn::engine

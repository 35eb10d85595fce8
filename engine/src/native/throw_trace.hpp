#pragma once
/// Where an exception was thrown. Compiled frames are gone when it turns out that nobody catches
/// it, so addresses are kept as it passes from one tier to the other.

#include <cstdint>

namespace cairn::engine {

class FrameCursor;
struct Crossing;
struct ExecutionData;
struct FuncCode;
struct NativePosition;

class ThrowTrace {
 public:
  /// One more than a backtrace has, and as many stubs, which may lie between any two.
  static constexpr uint32_t frames_max = 2 * 65;
  struct Frame {
    const FuncCode* code = nullptr;  ///< null: a return address in compiled code
    const void* pc = nullptr;        ///< else: of the interpreter
  };

  /// The exception that is now on its way; frames of another one are forgotten.
  void follow(uint64_t exception) {
    if (exception_ != exception) restart(exception);
  }
  /// It is thrown here.
  void restart(uint64_t exception) {
    exception_ = exception;
    count_ = 0;
  }
  /// It passes through a run of the interpreter, or of compiled code.
  void add(FrameCursor run);
  void add(const NativePosition& position, const Crossing& entry);

  /// What the frames belong to, or 0. It is a root, so that no other exception gets its address.
  uint64_t exception() const { return exception_; }
  const Frame* begin() const { return frames_; }
  const Frame* end() const { return frames_ + count_; }

 private:
  uint64_t exception_ = 0;
  uint32_t count_ = 0;
  Frame frames_[frames_max];
};

}  // namespace cairn::engine

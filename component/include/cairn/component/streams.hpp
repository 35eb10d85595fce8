#pragma once
/// Streams and futures in the hands of the host.

#include <cairn/component/instance.hpp>

#include <memory>
#include <span>
#include <vector>

namespace cairn::component {

namespace rt {
struct CopyEnd;
}

/// The readable end of a stream or future that a guest gave. Dropping it tells the guest.
class Reader {
 public:
  /// Takes the handle out of the value, which is of no more use. Kind `usage` for anything else.
  static Result<Reader> of(const Value& value);
  /// Reads at least one element and at most `max` (a future: the one it has), and lets threads of
  /// the store run until then. None: the other end was dropped.
  Result<std::vector<Value>> read(Store& store, uint32_t max);
  Reader(Reader&&) noexcept = default;
  Reader& operator=(Reader&&) noexcept = default;
  ~Reader();

 private:
  explicit Reader(std::shared_ptr<rt::CopyEnd> end) : end_(std::move(end)) {}
  std::shared_ptr<rt::CopyEnd> end_;
};

/// The writable end of a stream or future for a parameter of a function.
class Writer {
 public:
  /// The end, and in `value` what to give to the function for that parameter, whose type is a
  /// stream or a future; else kind `usage`.
  static Result<Writer> make(Store& store, const Func& func, size_t param, Value& value);
  /// Writes elements (a future: one) and lets threads of the store run until all are read. How many
  /// were: fewer when the other end was dropped.
  Result<uint32_t> write(Store& store, std::span<const Value> values);
  Writer(Writer&&) noexcept = default;
  Writer& operator=(Writer&&) noexcept = default;
  ~Writer();

 private:
  explicit Writer(std::shared_ptr<rt::CopyEnd> end) : end_(std::move(end)) {}
  std::shared_ptr<rt::CopyEnd> end_;
};

}  // namespace cairn::component

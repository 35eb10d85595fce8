#pragma once
/// What the guests of a store have made of their memories and globals, as bytes that another store
/// with the same instances can go on from.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/engine/store.hpp>

#include <memory>

namespace cairn::engine {

/// The memories and mutable globals of all instances of a store at one time, best when they have
/// just been made: what others differ by is small then. Immutable; shared between threads. Neither
/// tables that guests change nor objects of the collected heap are part of an image.
class StoreImage {
 public:
  /// `unsupported` where a global that can change holds references, or a memory is shared.
  static Result<StoreImage> take(Store& store);

  /// Makes a store that has the same instances what the one of the image was: nothing that guests
  /// can do tells it from that one. False, and it is of no use any more, where that cannot be known
  /// (a memory has grown, tables may have changed, there is a heap), or would take longer than to
  /// make another one.
  bool renew(Store& store) const;
  /// What differs from this image in a store that has the same instances, made in the same order;
  /// equal memories and globals give equal bytes. Kind `usage` when they are others.
  Result<Bytes> difference(Store& store) const;
  /// Makes a store what the one was whose difference these bytes begin with, and gives what follows
  /// it. Its memories must not be larger. Errors: `malformed`, `usage`, or `limit` when a memory
  /// cannot grow.
  Result<ByteSpan> apply(Store& store, ByteSpan difference) const;

 private:
  struct State;
  explicit StoreImage(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace cairn::engine

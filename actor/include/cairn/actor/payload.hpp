#pragma once
/// What a message carries: bytes with a media type. Immutable; copies of large ones share.

#include <cairn/base/bytes.hpp>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cairn::actor {

inline constexpr std::string_view octet_stream = "application/octet-stream";
inline constexpr std::string_view json = "application/json";
inline constexpr std::string_view plain_text = "text/plain";
/// No message with a longer one is delivered; nor does a record hold one.
inline constexpr size_t media_type_bytes_max = 4096;

/// Up to `inline_bytes` of the three common media types lie in the payload itself; anything else in
/// one counted block, so that a publication to many is stored once. Safe to read from any thread.
class Payload {
 public:
  static constexpr size_t inline_bytes = 64;

 private:
  enum class Form : uint8_t { octets, json, text, shared };
  struct Block;

 public:
  Payload() : size_(0), form_(Form::octets) {}
  explicit Payload(ByteSpan bytes, std::string_view media_type = octet_stream);
  explicit Payload(std::string_view text, std::string_view media_type = plain_text)
      : Payload(as_bytes(text), media_type) {}
  Payload(const Payload& other) : size_(other.size_), form_(other.form_) {
    copy(other);
    if (form_ == Form::shared) share(1);
  }
  Payload(Payload&& other) noexcept : size_(other.size_), form_(other.form_) { take(other); }
  Payload& operator=(Payload other) noexcept {
    if (form_ == Form::shared) release(block_, 1);
    size_ = other.size_;
    form_ = other.form_;
    take(other);
    return *this;
  }
  ~Payload() {
    if (form_ == Form::shared) release(block_, 1);
  }

  /// A value of a native actor, as its bytes.
  template <class T>
    requires std::is_trivially_copyable_v<T>
  static Payload of(const T& value) {
    if constexpr (sizeof(T) <= inline_bytes) {
      Payload payload;
      payload.size_ = sizeof(T);
      std::memcpy(payload.inline_, &value, sizeof(T));
      return payload;
    } else {
      return Payload(ByteSpan(reinterpret_cast<const uint8_t*>(&value), sizeof(T)));
    }
  }
  /// The same value again; none when the size is not that of a T.
  template <class T>
    requires std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>
  std::optional<T> as() const {
    if (size_ != sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes().data(), sizeof(T));
    return value;
  }

  /// The same bytes for the subscribers of `topic`.
  Payload published_to(std::string_view topic) const;

  size_t size() const { return size_; }
  ByteSpan bytes() const;
  std::string_view text() const { return as_text(bytes()); }
  std::string_view media_type() const;
  bool has_long_media_type() const {
    return form_ == Form::shared && media_type().size() > media_type_bytes_max;
  }
  /// What it was published to; empty when it was sent.
  std::string_view topic() const;

  /// Copies for many that are counted at once: each count would wait for those of other threads.
  class Copies {
   public:
    Copies(const Payload& of, size_t count) : of_(of), left_(static_cast<uint32_t>(count)) {
      if (of_.form_ == Form::shared) of_.share(left_);
    }
    ~Copies() {
      if (of_.form_ == Form::shared && left_ != 0) release(of_.block_, left_);
    }
    Copies(const Copies&) = delete;
    Copies& operator=(const Copies&) = delete;
    /// As often as was said.
    Payload next() {
      --left_;
      Payload copy;
      copy.size_ = of_.size_;
      copy.form_ = of_.form_;
      copy.copy(of_);
      return copy;
    }

   private:
    const Payload& of_;
    uint32_t left_;
  };
  /// Likewise for those that are dropped one after another.
  class Drops {
   public:
    Drops() = default;
    ~Drops() { flush(); }
    Drops(const Drops&) = delete;
    Drops& operator=(const Drops&) = delete;
    void take(Payload& payload) {
      if (payload.form_ != Form::shared) return;
      if (payload.block_ != block_) flush();
      block_ = payload.block_;
      ++uses_;
      payload.size_ = 0;
      payload.form_ = Form::octets;
    }
    void flush() {
      if (uses_ != 0) release(block_, std::exchange(uses_, 0));
      block_ = nullptr;
    }

   private:
    Block* block_ = nullptr;
    uint32_t uses_ = 0;
  };

 private:
  static Block* make_block(ByteSpan bytes, std::string_view media_type, std::string_view topic);
  /// The bytes, or the block: by constant sizes, and of a small one no more than two words.
  void copy(const Payload& other) noexcept {
    constexpr size_t small = 16;
    if (size_ <= small || form_ == Form::shared) {
      std::memcpy(inline_, other.inline_, small);
    } else {
      std::memcpy(inline_, other.inline_, inline_bytes);
    }
  }
  void take(Payload& other) noexcept {
    copy(other);
    if (form_ != Form::shared) return;
    other.size_ = 0;
    other.form_ = Form::octets;
  }
  void share(uint32_t uses) const noexcept;
  static void release(Block* block, uint32_t uses) noexcept;

  uint32_t size_;
  Form form_;
  union {
    alignas(8) uint8_t inline_[inline_bytes];
    Block* block_;
  };
};

}  // namespace cairn::actor

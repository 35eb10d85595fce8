#pragma once
/// The types of `wasi:filesystem/types`, as 0.2 and 0.3 write them: a face has a version's own
/// ones.

#include <cairn/component/typed.hpp>
#include <cairn/wasi/errno.hpp>

#include "components/clocks.hpp"
#include "components/descriptor.hpp"

namespace cairn::wasi {

/// `error-code` of 0.2, whose cases 0.3 has but for `would-block`, and one more.
enum class FsError : uint8_t {
  access,
  would_block,
  already,
  bad_descriptor,
  busy,
  deadlock,
  quota,
  exist,
  file_too_large,
  illegal_byte_sequence,
  in_progress,
  interrupted,
  invalid,
  io,
  is_directory,
  loop,
  too_many_links,
  message_size,
  name_too_long,
  no_device,
  no_entry,
  no_lock,
  insufficient_memory,
  insufficient_space,
  not_directory,
  not_empty,
  not_recoverable,
  unsupported,
  no_tty,
  no_such_device,
  overflow,
  not_permitted,
  pipe,
  read_only,
  invalid_seek,
  text_file_busy,
  cross_device,
};
FsError fs_error(Errno code);

/// `descriptor-type`: the cases of 0.2; 0.3 has `other` in place of `unknown`, at the end.
enum class DescriptorType : uint8_t {
  unknown,
  block_device,
  character_device,
  directory,
  fifo,
  symbolic_link,
  regular_file,
  socket,
};
DescriptorType descriptor_type(FileType type);

enum class PathFlags : uint8_t { none = 0, symlink_follow = 1 };
enum class OpenFlags : uint8_t {};
enum class OpenedFlags : uint8_t {};  ///< `descriptor-flags`

template <class Time>
using NewTimestamp = std::variant<std::monostate, std::monostate, Time>;
template <class Time>
Outcome<NewTime> new_time(const NewTimestamp<Time>& timestamp) {
  if (timestamp.index() == 0) return NewTime{};
  if (timestamp.index() == 1) return NewTime{NewTime::Kind::now};
  const std::optional<uint64_t> ns = std::get<2>(timestamp).to_ns();
  if (!ns) return fail(Errno::inval);
  return NewTime{NewTime::Kind::at, *ns};
}

template <class Face>
struct DescriptorStat {
  typename Face::Type type;
  uint64_t link_count = 0, size = 0;
  std::optional<typename Face::Time> accessed, modified, changed;

  static DescriptorStat of(const FileStat& stat) {
    using Time = Face::Time;
    return {{descriptor_type(stat.type)},
            stat.links,
            stat.size,
            Time::of_ns(stat.accessed_ns),
            Time::of_ns(stat.modified_ns),
            Time::of_ns(stat.changed_ns)};
  }
};
template <class Face>
struct DirectoryItem {
  typename Face::Type type;
  std::string name;
};

/// 0.2
struct Fs2 {
  static constexpr bool functions_are_async = false;
  struct Error {
    FsError code = FsError::io;
  };
  struct Type {
    DescriptorType type = DescriptorType::unknown;
  };
  using Time = Datetime;
  static Error error(Errno code) { return {fs_error(code)}; }
};
/// 0.3
struct Fs3 {
  static constexpr bool functions_are_async = true;
  struct Error {
    FsError code = FsError::io;
  };
  struct Type {
    DescriptorType type = DescriptorType::unknown;
  };
  using Time = Instant;
  static Error error(Errno code) { return {fs_error(code)}; }
};

}  // namespace cairn::wasi

namespace cairn::component {

template <>
struct Typed<wasi::Fs2::Error> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::enum_ && types[type].parts.size() == 37;
  }
  static Value to_value(wasi::Fs2::Error value) {
    return Value::variant(static_cast<uint32_t>(value.code));
  }
};
template <>
struct Typed<wasi::Fs3::Error> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 37;
  }
  static Value to_value(wasi::Fs3::Error value) {
    if (value.code == wasi::FsError::access) return Value::variant(0);
    if (value.code == wasi::FsError::would_block) {
      auto text = std::optional<std::string>("operation would block");
      return Value::variant(36, Typed<std::optional<std::string>>::to_value(std::move(text)));
    }
    return Value::variant(static_cast<uint32_t>(value.code) - 1);
  }
};

template <>
struct Typed<wasi::Fs2::Type> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::enum_ && types[type].parts.size() == 8;
  }
  static Value to_value(wasi::Fs2::Type value) {
    return Value::variant(static_cast<uint32_t>(value.type));
  }
};
template <>
struct Typed<wasi::Fs3::Type> {
  static bool matches(const Types& types, ValType type) {
    return types[type].kind == ValKind::variant && types[type].parts.size() == 8;
  }
  static Value to_value(wasi::Fs3::Type value) {
    if (value.type == wasi::DescriptorType::unknown) return Value::variant(7, Value::variant(0));
    return Value::variant(static_cast<uint32_t>(value.type) - 1);
  }
};

template <class Face>
struct Described<wasi::DescriptorStat<Face>> {
  using T = wasi::DescriptorStat<Face>;
  static constexpr auto fields = std::tuple{Field{"type", &T::type},
                                            Field{"link-count", &T::link_count},
                                            Field{"size", &T::size},
                                            Field{"data-access-timestamp", &T::accessed},
                                            Field{"data-modification-timestamp", &T::modified},
                                            Field{"status-change-timestamp", &T::changed}};
};
template <class Face>
struct Described<wasi::DirectoryItem<Face>> {
  using T = wasi::DirectoryItem<Face>;
  static constexpr auto fields = std::tuple{Field{"type", &T::type}, Field{"name", &T::name}};
};
template <>
struct Described<wasi::MetadataHash> {
  using T = wasi::MetadataHash;
  static constexpr auto fields = std::tuple{Field{"lower", &T::lower}, Field{"upper", &T::upper}};
};
template <>
struct Typed<wasi::Advice> : EnumOf<wasi::Advice> {};
template <>
struct Typed<wasi::PathFlags> : FlagsOf<wasi::PathFlags, 1> {};
template <>
struct Typed<wasi::OpenFlags> : FlagsOf<wasi::OpenFlags, 4> {};
template <>
struct Typed<wasi::OpenedFlags> : FlagsOf<wasi::OpenedFlags, 6> {};

}  // namespace cairn::component

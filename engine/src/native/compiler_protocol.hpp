#pragma once
/// What the engine and the process `cairn-compiler` say to each other. Each message is a frame: its
/// size in 32 bits, then its bytes, the first of which is the kind. Requests are answered in order,
/// each with one answer; `module` is not answered. A module stays until the process ends.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>
#include <cairn/engine/engine.hpp>
#include <string>
#include <vector>

#include "native/cpu.hpp"
#include "native/generator.hpp"

namespace cairn::engine::protocol {

/// The largest message that is accepted.
inline constexpr uint32_t message_max = 3u << 30;
inline constexpr uint32_t header_bytes = 4;

/// A module that code will be asked for, with everything besides it that the code depends on.
struct LoadModule {
  uint64_t key = 0;  ///< how requests call it
  wasm::Features features = {};
  wasm::ImplementationLimits limits = {};
  bool fuel = false, interruption = false, deterministic = false;
  bool guarded_memories = false;
  bool index_masks = true;
  bool background = false;  ///< its code may take its time: the program runs meanwhile
  Bytes module = {};        ///< in the binary format
};

/// What is made of a request.
enum class Product : uint8_t { image, llvm, assembly };
Product product_of(CodeText form);

struct Compile {
  uint64_t key = 0;
  CodeRequest request = {};
  Product product = Product::image;
  std::vector<uint32_t> shown = {};  ///< of a text: only these functions, or all
};

struct Answer {
  std::vector<std::string> log = {};  ///< lines for the log
  bool failed = false;
  std::string error = {};  ///< when failed
  Bytes product = {};      ///< else
};

/// What is in a message by its first byte.
enum class Kind : uint8_t { load_module = 1, compile = 2, answer = 3 };
Result<Kind> kind_of(ByteSpan message);

/// Messages without the frame's header.
Bytes encode(const LoadModule& message);
Bytes encode(const Compile& message);
Bytes encode(const Answer& message);
/// Any bytes are accepted; errors are `malformed`, or `unsupported` for another version of Cairn.
Result<LoadModule> decode_load_module(ByteSpan message);
Result<Compile> decode_compile(ByteSpan message);
Result<Answer> decode_answer(ByteSpan message);

}  // namespace cairn::engine::protocol

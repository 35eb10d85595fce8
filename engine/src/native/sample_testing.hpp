#pragma once
/// A module whose machine code is known to tests: the code gives another result than the module, so
/// that it shows which of the two has run.

#include <cairn/engine/compiler.hpp>

#include "native/generator.hpp"
#include "native/image.hpp"
#include "runtime/testing.hpp"

namespace cairn::engine::testing {

inline constexpr std::string_view sample_source = R"((module $sample
  (func $one (export "f") (result i32) i32.const 1)))";
inline constexpr int32_t interpreted_result = 1, compiled_result = 42;

/// An image of function 0, for x86-64; `function` calls it otherwise.
inline Bytes sample_image(uint32_t function = 0, CpuFeatures cpu = {}) {
  static const Bytes code = {
      0xb8, 0x2a, 0x00, 0x00, 0x00,                    // mov eax, 42
      0xc3,                                            // ret
      0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc,  //
      0xcc, 0xcc,                                      // the stub:
      0x55,                                            // push rbp
      0x48, 0x89, 0xe5,                                // mov rbp, rsp
      0x53,                                            // push rbx
      0x48, 0x83, 0xec, 0x08,                          // sub rsp, 8
      0x48, 0x89, 0xd3,                                // mov rbx, rdx
      0x48, 0x89, 0xf8,                                // mov rax, rdi
      0x48, 0x89, 0xf7,                                // mov rdi, rsi
      0xff, 0xd0,                                      // call rax
      0x48, 0x89, 0x03,                                // mov [rbx], rax
      0x48, 0x83, 0xc4, 0x08,                          // add rsp, 8
      0x5b, 0x5d, 0xc3,                                // pop rbx; pop rbp; ret
  };
  ImageParts parts;
  parts.cpu = cpu;
  parts.signatures = {"_i"};
  parts.ranges = {{.begin = 0, .size = 6, .kind = ImageRange::Kind::function, .function = function},
                  {.begin = 16,
                   .size = static_cast<uint32_t>(code.size() - 16),
                   .kind = ImageRange::Kind::enter}};
  parts.alignment = 16;
  parts.code = code;
  return write_image(parts);
}

/// Gives one image whatever is asked for.
class SampleGenerator final : public CodeGenerator {
 public:
  explicit SampleGenerator(Bytes image = sample_image()) : image_(std::move(image)) {}
  Result<Bytes> generate(const ModuleState&, const CodeRequest& request) override {
    requests.push_back(request);
    return image_;
  }
  Result<std::string> print(const ModuleState&, const CodeRequest& request,
                            const std::vector<uint32_t>& shown, CodeText form) override {
    requests.push_back(request);
    return std::string(form == CodeText::llvm ? "llvm" : "assembly") + " of " +
           std::to_string(shown.size());
  }
  std::vector<CodeRequest> requests;

 private:
  const Bytes image_;
};

inline int32_t call_f(Engine& engine, const Module& module) {
  Store store(engine);
  const Instance instance = must(store.instantiate(module, {}));
  return must(instance.func("f").invoke<int32_t>(store));
}

}  // namespace cairn::engine::testing

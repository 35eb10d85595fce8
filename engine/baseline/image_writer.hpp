#pragma once
/// A code image under construction: the assembler, what is where, and the stubs and shared
/// out-of-line code that functions ask for.

#include <map>
#include <optional>

#include "baseline/convention.hpp"
#include "native/generator.hpp"
#include "native/image.hpp"
#include "runtime/module_state.hpp"

namespace cairn::engine::baseline {

class ImageWriter final : public asmjit::ErrorHandler {
 public:
  ImageWriter(const ModuleState& module, CpuFeatures cpu);

  x86::Assembler& code() { return assembler_; }
  const ModuleState& module() const { return module_; }
  bool has(std::string_view cpu_feature) const;
  uint32_t offset() const { return static_cast<uint32_t>(assembler_.offset()); }

  /// What has been emitted since `begin` is that.
  void add_range(uint32_t begin, ImageRange range);
  /// What follows comes from there …
  void set_place(uint32_t function, uint32_t offset);
  /// … or from nothing in the module.
  void set_no_place();

  /// The form of a type of the module.
  const Signature& signature(uint32_t type_index);
  const Signature& signature_of_function(uint32_t func_index) {
    return signature(module_.func_type_index[func_index]);
  }

  /// Code that all functions of the image share. It keeps all registers but r11, unless it says
  /// otherwise.
  enum class Shared : uint8_t {
    interrupt,     ///< `RuntimeCalls::interrupt`
    out_of_fuel,   ///< `RuntimeCalls::out_of_fuel`, the cost in r11
    call_entry,    ///< `RuntimeCalls::call_entry`: arguments in four words at rsp, result in the
                   ///< first
    hot_function,  ///< `RuntimeCalls::hot_function`, the index in r11
    hot_loop,  ///< `RuntimeCalls::hot_loop`: a plain jump there, arguments in place but the first
  };
  asmjit::Label shared(Shared what);
  /// Called, it ends the execution with that trap; its place is that of the call.
  asmjit::Label raise(Trap trap);
  /// The stub through which other instances and the host are called.
  asmjit::Label foreign_stub(const Signature& signature);
  /// Sees to it that the module has the stubs that functions of this signature are entered and left
  /// through.
  void need_enter_stub(const Signature& signature);
  void need_leave_stub(const Signature& signature);

  /// `inner` is called with the address of the frame's slots in rsi.
  void add_loop_stub(const Signature& signature, const asmjit::Label& inner,
                     CodeRequest::Loop loop);

  /// Writes what is asked for, and makes the image.
  Result<Bytes> finish();

  /// What calls load on their way.
  void load_store(const x86::Gp& to);
  void call_runtime(int32_t place);

  void handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter* origin) override;

 private:
  struct Stub {
    const Signature* signature = nullptr;
    asmjit::Label label;
  };
  uint32_t signature_index(const std::string& text);
  void emit_shared(Shared what);
  void emit_raise(Trap trap);
  void emit_foreign(const Stub& stub);
  void call_guest(uint32_t words);
  void emit_enter(const Signature& signature);
  void emit_leave(const Signature& signature);
  void leave_through(const Signature& signature, int32_t runtime_call);
  void save_registers();
  void restore_registers();
  void copy_results_to_slots(const Signature& signature, const x86::Gp& slots);

  const ModuleState& module_;
  const CpuFeatures cpu_;
  asmjit::CodeHolder holder_;
  x86::Assembler assembler_;
  ImageParts parts_;
  std::vector<std::unique_ptr<Signature>> signatures_;  ///< by type index
  std::map<std::string, uint32_t, std::less<>> signature_indices_;
  std::map<Shared, asmjit::Label> shared_;
  std::map<Trap, asmjit::Label> raises_;
  std::map<std::string_view, Stub> foreign_;
  std::map<std::string_view, const Signature*> enter_, leave_;
  bool failed_ = false;
};

}  // namespace cairn::engine::baseline

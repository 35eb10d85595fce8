#pragma once
/// One LLVM module under construction: what its functions share.

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>
#include <cairn/wasm/branch_hints.hpp>

#include <map>
#include <set>
#include <string>

#include "compiler/values.hpp"
#include "native/generator.hpp"
#include "runtime/module_state.hpp"

namespace cairn::engine::compiler {

/// How functions are called. See docs/decisions/0008-compiled-tier.md.
enum class Convention : uint8_t {
  plain,  ///< the C convention, the instance in a register that callees keep
  tail,   ///< LLVM's `tailcc`: callees take their arguments off the stack
};

class ModuleBuilder {
 public:
  /// `semantics`: the bitcode of semantics/, parsed lazily into the same context.
  ModuleBuilder(llvm::LLVMContext& context, const ModuleState& module, const CodeRequest& request);
  ~ModuleBuilder();

  /// Builds everything that the request names, with stubs.
  void build();
  /// Builds these of the request's functions and loops; the other functions are declared, to be
  /// linked.
  void build(std::span<const uint32_t> functions, std::span<const CodeRequest::Loop> loops);
  std::unique_ptr<llvm::Module> take() { return std::move(out_); }

  llvm::LLVMContext& context() { return context_; }
  llvm::Module& out() { return *out_; }
  const ModuleState& module() const { return module_; }

  /// Names for what accesses can touch: of two names neither touches what the other does.
  struct AccessTags {
    llvm::MDNode *memory, *runtime;
    llvm::MDNode* visible;  ///< what a trap leaves behind, among what is the runtime's
  };
  const AccessTags& tags() const { return tags_; }
  /// Does memory 0 stand in front of a guard area, so that faults are traps?
  bool has_guarded_memory() const;
  /// For a store to a global, table or object. LLVM does not know that the program can end at an
  /// access to memory; it is made to store between the same accesses as the program does.
  void keep_visible(llvm::StoreInst& store) const;

  /// What a direct call of a defined function calls, when the request has it; else null. Its name
  /// is "f<index>", a loop entry's "loop<index>_<offset>". Where fuel is counted, what is called
  /// directly is "f<index>_paid", and "f<index>" leads there: see `passes_fuel`.
  llvm::Function* function(uint32_t defined_index);
  /// Does the function take what is left of fuel as an argument behind the instance, and give back
  /// what it leaves, behind its result? Then neither is in the context at that time.
  static bool passes_fuel(const llvm::Function& function) {
    return function.hasFnAttribute("cairn-passes-fuel");
  }
  llvm::FunctionType* function_type(std::string_view signature, bool with_target = false);
  /// The stubs of a signature, "enter_<signature>", "leave_<signature>" or "leavetail_<signature>",
  /// and "plain_<signature>"; made when first asked.
  llvm::Function* enter_stub(const std::string& signature);
  llvm::Function* leave_stub(Convention convention, const std::string& signature);
  void plain_stub(const std::string& signature);
  /// Calls a target of another instance, or of the host, for a function of this module.
  llvm::Function* foreign_stub(const std::string& signature);
  /// A function of the semantics by its name without prefix ("i32_div_s"), declared in this module;
  /// its body is brought in by `link_semantics`. Inlined always.
  llvm::Function* semantic(std::string_view name);

  /// Debug information that names a defined function; a location's line is the offset in the body
  /// plus one.
  llvm::DISubprogram* subprogram(uint32_t defined_index);
  /// Can an exception be caught or thrown in this module? Then every call is followed by a check.
  /// Otherwise calls do not come back with one.
  bool uses_exceptions() const { return traits_.exceptions; }
  /// Of this module's functions.
  Convention convention() const {
    return traits_.tail_calls ? Convention::tail : Convention::plain;
  }
  /// A call of a function of this module: the instance comes first.
  llvm::CallInst* call(Builder& ir, llvm::Function* function,
                       llvm::ArrayRef<llvm::Value*> args) const;
  /// A call of a target's entry: the target comes first, then the instance.
  llvm::CallInst* call_entry(Builder& ir, Convention convention, std::string_view signature,
                             llvm::Value* entry, llvm::ArrayRef<llvm::Value*> args);
  /// What the module's branch hints say of the instruction at that offset.
  std::optional<bool> likely(uint64_t offset) const;

 private:
  llvm::Function* make(llvm::FunctionType* type, const std::string& name);
  std::set<uint32_t> called_directly() const;
  llvm::Function* declare_paid(uint32_t defined_index, llvm::Function& entry);
  void build_paid_entry(llvm::Function& entry, llvm::Function& paid);
  llvm::Function* make_stub(const std::string& name, Convention convention,
                            const std::string& signature);
  void build_enter(const std::string& signature, llvm::Function& stub);
  void build_foreign(const std::string& signature, llvm::Function& stub);
  void build_leave(const std::string& signature, llvm::Function& stub);
  void leave_through(Builder& ir, const std::string& signature, uint64_t runtime_call);
  void build_loop(const CodeRequest::Loop& loop);
  void link_semantics();
  void tag_accesses();

  llvm::LLVMContext& context_;
  const ModuleState& module_;
  const CodeRequest& request_;
  std::unique_ptr<llvm::Module> out_;
  std::unique_ptr<llvm::Module> semantics_;
  std::map<uint32_t, llvm::Function*> functions_;
  std::map<uint32_t, llvm::Function*> paid_;  ///< of those among them that pass fuel
  llvm::DIBuilder debug_;
  llvm::DICompileUnit* unit_ = nullptr;
  const ControlTraits& traits_;
  AccessTags tags_;
  std::optional<wasm::BranchHints> hints_;
};

}  // namespace cairn::engine::compiler

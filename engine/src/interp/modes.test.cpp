// The ways in which the interpreter runs code: on the host's stack, and on stacks of its own beside
// a compiler that never compiles anything.

#include "interp/testing.hpp"
#include "native/generator.hpp"

namespace cairn::engine::testing {
namespace {

class RefusingGenerator final : public CodeGenerator {
 public:
  Result<Bytes> generate(const ModuleState&, const CodeRequest&) override {
    return fail(ErrorKind::unsupported, "nothing is compiled here");
  }
};

std::shared_ptr<CodeGenerator> make_refusing() { return std::make_shared<RefusingGenerator>(); }

}  // namespace

std::vector<Mode> modes() {
  return {
      reference_mode,
      {"TailCallsChecked", Dispatch::tail_call, false},
      {"SwitchLoopGuarded", Dispatch::switch_loop, true},
      {"SwitchLoopChecked", Dispatch::switch_loop, false},
      {"TailCallsFarFrames", Dispatch::tail_call, true, true},
      {"SwitchLoopFarFrames", Dispatch::switch_loop, false, true},
      {"TailCallsOwnStack", Dispatch::tail_call, true, false, &make_refusing},
      {"SwitchLoopOwnStack", Dispatch::switch_loop, true, false, &make_refusing},
  };
}

}  // namespace cairn::engine::testing

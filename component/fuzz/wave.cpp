// Texts of values: what is parsed is printed and parsed to the same value and the same text. The
// first byte says of which type.

#include <cairn/component/component.hpp>
#include <cairn/component/wave.hpp>

namespace {

using namespace cairn;

constexpr std::string_view text = R"((component
  (type $point' (record (field "x" s32) (field "label" (option string))))
  (import "point" (type $point (eq $point')))
  (type $shape' (variant (case "dot") (case "circle" f32) (case "none") (case "at" $point)))
  (import "shape" (type $shape (eq $shape')))
  (type $color' (enum "red" "dark-green" "ok"))
  (import "color" (type $color (eq $color')))
  (type $mode' (flags "read" "write" "exec"))
  (import "mode" (type $mode (eq $mode')))
  (import "f" (func (param "a" bool) (param "b" u8) (param "c" s64) (param "d" f32)
    (param "e" f64) (param "f" char) (param "g" string) (param "h" $point) (param "i" $shape)
    (param "j" (list $color)) (param "k" (tuple $mode (list string)))
    (param "l" (option (option u8))) (param "m" (result (list f64) (error string)))
    (param "n" (map string (list $shape))) (param "o" (list char 2)))))
  )";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static engine::Engine engine;
  static const component::Component component = *component::Component::load_text(engine, text);
  const component::Types& types = component.types();
  const auto& func = types[std::get<component::FuncTypeId>(component.type().imports.back().type)];
  if (size < 1) return 0;
  const component::ValType type = func.params[data[0] % func.params.size()].type;
  const auto value = component::parse_wave(types, type, as_text(ByteSpan(data + 1, size - 1)));
  if (!value) return 0;
  const std::string printed = component::print_wave(types, type, *value);
  const auto again = component::parse_wave(types, type, printed);
  CAIRN_ASSERT(again && component::print_wave(types, type, *again) == printed);
  return 0;
}

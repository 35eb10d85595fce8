// Fields that a guest makes: whatever it does to them, they can be sent as they are, stay within
// their budget, and give it back.

#include <cstdlib>
#include <string>

#include "choices.hpp"
#include "components/http/fields.hpp"
#include "components/http/syntax.hpp"

namespace {

using namespace cairn;
using namespace cairn::wasi;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string text_of(Choices& input) {
  std::string made(input.byte() % 40, ' ');
  for (char& c : made) c = static_cast<char>(input.byte());
  return made;
}

void check(const Fields& fields, const FieldsBudget& budget) {
  require(budget.bytes <= budget.limits.guest_fields_bytes_max);
  for (const Fields::Field& field : fields.all()) {
    require(is_token(field.name) && is_field_value(field.value));
    require(!Fields::is_forbidden(field.name));
    require(fields.has(field.name) && !fields.get(field.name).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Choices input(data, size);
  const auto budget = std::make_shared<FieldsBudget>();
  budget->limits.field_bytes_max = 64;
  budget->limits.fields_bytes_max = 512;
  budget->limits.guest_fields_bytes_max = 700;
  {
    auto fields = std::make_shared<Fields>(budget);
    std::shared_ptr<Fields> other;
    while (!input.done()) {
      const uint8_t what = input.byte() % 8;
      const std::string name = text_of(input);
      if (what < 3) {
        const bool had = fields->has(name);
        const bool added = fields->append(name, text_of(input)).has_value();
        require(!added || fields->has(name));
        require(added || fields->has(name) == had);
      } else if (what == 3) {
        std::ignore = fields->set(name, {to_bytes(text_of(input)), to_bytes(text_of(input))});
      } else if (what == 4) {
        require(!fields->remove(name) || !fields->has(name));
      } else if (what == 5) {
        if (auto copy = fields->clone(budget)) other = *copy;
      } else if (what == 6 && other) {
        std::swap(fields, other);
      } else if (what == 7) {
        std::ignore = parse_authority(name);
        std::ignore = is_path_with_query(name);
        std::ignore = parse_length(name);
        std::ignore = list_has(name, "chunked");
      }
      check(*fields, *budget);
    }
  }
  require(budget->bytes == 0);
  return 0;
}

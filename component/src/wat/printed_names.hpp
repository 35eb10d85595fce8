#pragma once
/// Whether a component's name section may be printed as identifiers: only if parsing them makes the
/// same section again. If not, it is printed as the custom section that it is.

#include <cairn/component/names.hpp>
#include <cairn/component/syntax.hpp>

#include <vector>

namespace cairn::component::text {

class PrintedNames {
 public:
  /// Of an outermost component: its own name may be anything.
  explicit PrintedNames(const syntax::Component& component);

  /// Whether identifiers are printed.
  bool in_use() const { return in_use_; }
  /// Whether a name section stands at the end, which is then not printed.
  bool section() const { return section_; }
  const ComponentNames& names() const { return names_; }
  /// Of the n-th component inside.
  const PrintedNames& nested(uint32_t place) const { return nested_[place]; }

 private:
  PrintedNames() = default;
  void read(const syntax::Component& component);
  void turn_off();

  bool in_use_ = false;
  bool section_ = false;
  ComponentNames names_;
  std::vector<PrintedNames> nested_;
};

}  // namespace cairn::component::text

#pragma once
/// A component as it was written: its definitions in order, with indices, names and attributes
/// (Explainer.md, "Grammar"; Binary.md). The decoder and the text parser make this form, the
/// encoder and the printer take it; nothing in it is checked beyond its grammar. What validation
/// makes of it is in types.hpp.

#include <cairn/base/bytes.hpp>
#include <cairn/component/canon.hpp>
#include <cairn/component/syntax_types.hpp>
#include <cairn/wasm/module.hpp>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cairn::component::syntax {

/// `module` is shared and immutable: it can be validated, compiled and cached on its own.
struct CoreModule {
  std::shared_ptr<const wasm::Module> module;
  /// Equality of the abstract syntax (`wasm::equal`).
  bool operator==(const CoreModule& other) const;
};

struct Component;

/// A component inside of a component.
struct NestedComponent {
  std::shared_ptr<const Component> component;
  bool operator==(const NestedComponent& other) const;
};

// ---- Instances -------------------------------------------------------------------------------

/// `(with name (sort index))`; of a core instance, the sort is `core_instance`.
struct Argument {
  std::string name;
  SortIndex item;
  bool operator==(const Argument&) const = default;
};

struct CoreInlineExport {
  std::string name;
  SortIndex item;
  bool operator==(const CoreInlineExport&) const = default;
};

struct InlineExport {
  ExternName name;
  SortIndex item;
  bool operator==(const InlineExport&) const = default;
};

/// `(instantiate target (with …)*)`.
struct Instantiate {
  uint32_t target = 0;  ///< a core module or a component
  std::vector<Argument> args;
  bool operator==(const Instantiate&) const = default;
};

struct CoreInstance {
  std::variant<Instantiate, std::vector<CoreInlineExport>> what;
  bool operator==(const CoreInstance&) const = default;
};
struct Instance {
  std::variant<Instantiate, std::vector<InlineExport>> what;
  bool operator==(const Instance&) const = default;
};

// ---- Everything else -------------------------------------------------------------------------

/// A constant. Its bytes are those of Binary.md's `val`, which only its type can tell apart.
struct Value {
  ValType type;
  Bytes bytes;
  bool operator==(const Value&) const = default;
};

struct Start {
  uint32_t func = 0;
  std::vector<uint32_t> args;  ///< value indices
  uint32_t results = 0;        ///< how many values it defines
  bool operator==(const Start&) const = default;
};

struct Import {
  ExternName name;
  ExternDesc desc;
  bool operator==(const Import&) const = default;
};

struct Export {
  ExternName name;
  SortIndex item;
  std::optional<ExternDesc> desc;  ///< the type that it is given
  bool operator==(const Export&) const = default;
};

/// A custom section, at its place between the definitions.
struct Custom {
  std::string name;
  Bytes payload;
  bool operator==(const Custom&) const = default;
};

/// Its special members are in syntax.cpp: every source that holds a component would otherwise
/// compile what copies and destroys each of the alternatives.
struct Definition {
  using What = std::variant<CoreModule, CoreInstance, CoreType, NestedComponent, Instance, Alias,
                            Type, Canon, Start, Import, Export, Value, Custom>;
  Definition(What what, Position at = {});
  Definition(const Definition&);
  Definition(Definition&&) noexcept;
  Definition& operator=(const Definition&);
  Definition& operator=(Definition&&) noexcept;
  ~Definition();
  bool operator==(const Definition&) const;

  What what;
  Position at;
};

struct Component {
  std::vector<Definition> definitions;
  /// The text that it was parsed from, in which positions count; null: they count in the binary.
  std::shared_ptr<const std::string> text = nullptr;
  /// Equality of the definitions.
  bool operator==(const Component& other) const;
};

}  // namespace cairn::component::syntax

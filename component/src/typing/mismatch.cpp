#include "typing/mismatch.hpp"

#include <fmt/format.h>

namespace cairn::component {

namespace {

std::unexpected<Error> mismatch(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

Result<> inside(Result<> result, const std::string& where) {
  if (!result) {
    result.error().message = fmt::format("type mismatch {}: {}", where, result.error().message);
  }
  return result;
}

/// Walks down to the first difference. The types differ, so there is one.
class Comparison {
 public:
  explicit Comparison(const Types& types) : types_(types) {}

  Result<> run(ValType actual_type, ValType expected_type) {
    if (types_.same(actual_type, expected_type)) return {};
    const ValTypeInfo& actual = types_[actual_type];
    const ValTypeInfo& expected = types_[expected_type];
    if (actual.kind != expected.kind) return different_kinds(actual_type, expected_type);
    switch (actual.kind) {
      case ValKind::record: return records(actual, expected);
      case ValKind::variant: return variants(actual, expected);
      case ValKind::flags:
      case ValKind::enum_:
        return mismatch(fmt::format("mismatch in {} elements", to_string(actual.kind)));
      case ValKind::result: return results(actual, expected);
      case ValKind::own:
      case ValKind::borrow: return mismatch("resource types are not the same");
      default: return elements(actual, expected);
    }
  }

 private:
  Result<> different_kinds(ValType actual, ValType expected) const {
    const std::string_view found = to_string(types_[actual].kind);
    const std::string_view wanted = to_string(types_[expected].kind);
    if (actual.is_prim() && expected.is_prim()) {
      return mismatch(fmt::format("expected primitive `{}` found primitive `{}`", wanted, found));
    }
    const bool at_top = depth_ == 0 && expected.is_prim();
    return mismatch(fmt::format("expected {}, found {}", at_top ? "primitive" : wanted, found));
  }

  Result<> part(ValType actual, ValType expected, const std::string& where) {
    ++depth_;
    Result<> result = inside(run(actual, expected), where);
    --depth_;
    return result;
  }

  Result<> records(const ValTypeInfo& actual, const ValTypeInfo& expected) {
    TRY(same_count(actual, expected, "fields"));
    for (size_t i = 0; i < actual.parts.size(); ++i) {
      const ValPart& found = actual.parts[i];
      const ValPart& wanted = expected.parts[i];
      if (found.label != wanted.label) {
        return mismatch(
            fmt::format("expected field name `{}`, found `{}`", wanted.label, found.label));
      }
      TRY(part(*found.type, *wanted.type, fmt::format("in record field `{}`", wanted.label)));
    }
    return {};
  }

  Result<> variants(const ValTypeInfo& actual, const ValTypeInfo& expected) {
    TRY(same_count(actual, expected, "cases"));
    for (size_t i = 0; i < actual.parts.size(); ++i) {
      const ValPart& found = actual.parts[i];
      const ValPart& wanted = expected.parts[i];
      if (found.label != wanted.label) {
        return mismatch(
            fmt::format("expected case named `{}`, found `{}`", wanted.label, found.label));
      }
      if (wanted.type && !found.type) {
        return mismatch(fmt::format("expected case `{}` to have a type, found none", wanted.label));
      }
      if (!wanted.type && found.type) {
        return mismatch(fmt::format("expected case `{}` to have no type", wanted.label));
      }
      if (wanted.type) {
        TRY(part(*found.type, *wanted.type, fmt::format("in variant case `{}`", wanted.label)));
      }
    }
    return {};
  }

  Result<> results(const ValTypeInfo& actual, const ValTypeInfo& expected) {
    constexpr std::string_view names[] = {"ok", "err"};
    for (size_t i = 0; i < 2; ++i) {
      const ValPart& found = actual.parts[i];
      const ValPart& wanted = expected.parts[i];
      if (wanted.type && !found.type) {
        return mismatch(fmt::format("expected {} type, but found none", names[i]));
      }
      if (!wanted.type && found.type) {
        return mismatch(fmt::format("expected {} type to not be present", names[i]));
      }
      if (wanted.type) {
        TRY(part(*found.type, *wanted.type, fmt::format("in {} variant", names[i])));
      }
    }
    return {};
  }

  /// Lists, tuples, options, streams, futures, maps.
  Result<> elements(const ValTypeInfo& actual, const ValTypeInfo& expected) {
    TRY(same_count(actual, expected, "types"));
    if (actual.length != expected.length) return mismatch("lists of different lengths");
    const std::string_view kind = to_string(actual.kind);
    for (size_t i = 0; i < actual.parts.size(); ++i) {
      TRY(part(*actual.parts[i].type, *expected.parts[i].type,
               actual.kind == ValKind::tuple ? fmt::format("in tuple field {}", i)
                                             : fmt::format("in the element of a {}", kind)));
    }
    return {};
  }

  static Result<> same_count(const ValTypeInfo& actual, const ValTypeInfo& expected,
                             std::string_view what) {
    if (actual.parts.size() == expected.parts.size()) return {};
    return mismatch(
        fmt::format("expected {} {}, found {}", expected.parts.size(), what, actual.parts.size()));
  }

  const Types& types_;
  uint32_t depth_ = 0;
};

}  // namespace

Result<> same_value(const Types& types, ValType actual, ValType expected) {
  return Comparison(types).run(actual, expected);
}

Result<> same_func(const Types& types, FuncTypeId actual_id, FuncTypeId expected_id) {
  if (actual_id == expected_id) return {};
  const FuncType& actual = types[actual_id];
  const FuncType& expected = types[expected_id];
  if (actual.is_async != expected.is_async) {
    return mismatch(fmt::format("expected {} function, found {} function",
                                expected.is_async ? "an async" : "a sync",
                                actual.is_async ? "an async" : "a sync"));
  }
  if (actual.params.size() != expected.params.size()) {
    return mismatch(fmt::format("expected {} parameters, found {}", expected.params.size(),
                                actual.params.size()));
  }
  for (size_t i = 0; i < actual.params.size(); ++i) {
    const FuncParam& found = actual.params[i];
    const FuncParam& wanted = expected.params[i];
    if (found.name != wanted.name) {
      return mismatch(
          fmt::format("expected parameter named `{}`, found `{}`", wanted.name, found.name));
    }
    TRY(inside(same_value(types, found.type, wanted.type),
               fmt::format("in function parameter `{}`", wanted.name)));
  }
  if (expected.result && !actual.result) return mismatch("expected a result, found none");
  if (!expected.result && actual.result) return mismatch("expected no result, found one");
  if (expected.result) {
    TRY(inside(same_value(types, *actual.result, *expected.result), "with result type"));
  }
  return {};
}

}  // namespace cairn::component

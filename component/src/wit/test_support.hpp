#pragma once
/// For tests: texts to resolved packages and to shown errors.

#include <gtest/gtest.h>
#include <cairn/component/wit_text.hpp>

#include <string>
#include <utility>

namespace cairn::component::wit {

inline LoadOptions with_features(std::set<std::string, std::less<>> features) {
  return {.gates = {.features = std::move(features)}};
}

/// The package of a text that must be fine.
inline Loaded resolved(const std::string& text, const LoadOptions& options = {}) {
  Sources sources;
  Result<Loaded> loaded = parse("test.wit", text, options, sources);
  EXPECT_TRUE(loaded) << sources.render(loaded.error());
  return loaded ? *std::move(loaded) : Loaded{};
}

/// What is said of a text, with the line and the caret; empty where all is well.
inline std::string shown_error(const std::string& text, const LoadOptions& options = {}) {
  Sources sources;
  const Result<Loaded> loaded = parse("test.wit", text, options, sources);
  return loaded ? "" : sources.render(loaded.error());
}

/// The message alone, with its place.
inline std::string message(const std::string& text, const LoadOptions& options = {}) {
  Sources sources;
  const Result<Loaded> loaded = parse("test.wit", text, options, sources);
  return loaded ? "" : loaded.error().to_string();
}

/// Printed and parsed, a package is the same; returns the text.
inline std::string printed(const Loaded& loaded, const LoadOptions& options = {}) {
  const std::string text = print(loaded.resolve, loaded.root, {.dependencies = true});
  Sources sources;
  const Result<Loaded> again = parse("printed.wit", text, options, sources);
  EXPECT_TRUE(again) << sources.render(again.error()) << text;
  if (again) {
    EXPECT_EQ(print(again->resolve, again->root, {.dependencies = true}), text);
  }
  return text;
}

}  // namespace cairn::component::wit

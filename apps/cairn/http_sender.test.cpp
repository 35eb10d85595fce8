#include "http_sender.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <utility>

namespace cairn::cli {
namespace {

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST(HttpSenders, HaveAThreadOnceTheyAreUsed) {
  const auto before = threads();
  HttpSender sender;
  EXPECT_EQ(threads(), before);
  wasi::HttpQuestion nonsense;
  nonsense.message = {'x'};
  for (int i = 0; i < 2; ++i) {
    std::promise<Bytes> answer;
    const std::shared_ptr<void> call =
        sender.send(nonsense, {}, 1024, [&](Bytes told) { answer.set_value(std::move(told)); });
    auto told = answer.get_future();
    ASSERT_EQ(told.wait_for(std::chrono::minutes(1)), std::future_status::ready);
    EXPECT_EQ(told.get().at(0), 1) << "it is no request";
    EXPECT_EQ(threads(), before + 1);
  }
  sender.stop();
  sender.stop();
  EXPECT_EQ(threads(), before);
}

TEST(HttpSenders, MayEndUnused) {
  const auto before = threads();
  HttpSender sender;
  sender.stop();
  const auto call = sender.send({}, {}, 1024, [](const Bytes&) { FAIL() << "it has ended"; });
  EXPECT_EQ(threads(), before);
}

}  // namespace
}  // namespace cairn::cli

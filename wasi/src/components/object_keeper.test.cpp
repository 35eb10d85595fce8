// Which objects have a description, and what it makes.

#include <cairn/base/simulated_event_loop.hpp>
#include <cairn/wasi/object_keeper.hpp>

#include <gtest/gtest.h>

#include "components/pollables.hpp"

namespace cairn::wasi {
namespace {

using component::type_key;

class ObjectKeeping : public testing::Test {
 protected:
  static GuestConfig config_of(EventLoop& loop) {
    GuestConfig config;
    config.loop = &loop;
    return config;
  }
  std::string refused(const Bytes& description) {
    const auto made = keeper_.make(description);
    return made ? "" : made.error().message;
  }

  SimulatedClock clock_;
  SimulatedEventLoop loop_{clock_};
  Guest guest_{config_of(loop_)};
  GuestObjectKeeper keeper_{guest_};
};

/// These bytes are in the states of actors: docs/chain.md.
TEST_F(ObjectKeeping, DescriptionsMakeWhatTheyAreOf) {
  const Bytes all[] = {{0}, {1}, {2}, {3}, {4}, {5}, {6, 1, 2, 3, 4, 5, 6, 7, 8}, {7, 29, 0}};
  for (const Bytes& description : all) {
    const auto made = keeper_.make(description);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(keeper_.describe(*made), description);
  }
  EXPECT_EQ(keeper_.make(Bytes{1})->object, guest_.output());
  EXPECT_EQ(keeper_.make(Bytes{2})->object, guest_.error());
  EXPECT_EQ(keeper_.make(Bytes{0})->object, guest_.input());
  const auto error = std::static_pointer_cast<IoError>(keeper_.make(all[7])->object);
  EXPECT_EQ(error->code, Errno::io);
}

TEST_F(ObjectKeeping, MomentsComeWhenTheyCame) {
  Bytes description = {6};
  append_le(description, clock_.monotonic_ns() + 1000);
  const auto made = keeper_.make(description);
  const auto pollable = std::static_pointer_cast<Pollable>(made->object);
  EXPECT_FALSE(pollable->ready());
  clock_.advance(999);
  EXPECT_FALSE(pollable->ready());
  clock_.advance(1);
  EXPECT_TRUE(pollable->ready());
}

TEST_F(ObjectKeeping, OthersHaveNone) {
  const auto other = std::make_shared<OutputStream>(loop_, make_sink(loop_, nullptr));
  EXPECT_FALSE(keeper_.describe({type_key<OutputStream>(), other}));
  const std::shared_ptr<Pollable> of_other = std::make_shared<StreamPollable<OutputStream>>(other);
  EXPECT_FALSE(keeper_.describe({type_key<Pollable>(), of_other}));
  const std::shared_ptr<Pollable> any = std::make_shared<FunctionPollable>(
      [] { return true; }, [](const EventLoop::Callback&) { return nullptr; });
  EXPECT_FALSE(keeper_.describe({type_key<Pollable>(), any}));
  EXPECT_FALSE(keeper_.describe({type_key<int>(), std::make_shared<int>(1)}));
}

TEST_F(ObjectKeeping, RefusesWhatDescribesNothing) {
  const std::string none = "an image with an object that is none of WASI's";
  const Bytes wrong[] = {{},      {8},          {255}, {0, 0}, {6}, {6, 1, 2, 3, 4, 5, 6, 7},
                         {7, 29}, {7, 255, 255}};
  for (const Bytes& description : wrong) EXPECT_EQ(refused(description), none);
}

}  // namespace
}  // namespace cairn::wasi

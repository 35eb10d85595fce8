#pragma once
/// Other programs as something that is handed in: started, spoken to through a pair of pipes, and
/// ended.

#include <cairn/base/bytes.hpp>
#include <cairn/base/result.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cairn {

/// A program that runs. Destroying it ends it.
class Process {
 public:
  virtual ~Process() = default;
  Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Writes everything to its standard input. Errors are `io`.
  virtual Result<> write(ByteSpan bytes) = 0;
  /// Reads exactly that much from its standard output. Errors are `io`: it has ended, or nothing
  /// came for `timeout_ms`.
  virtual Result<> read(MutableByteSpan bytes, uint32_t timeout_ms) = 0;
  /// Ends it: reads and writes under way fail. From any thread.
  virtual void kill() = 0;
};

class Processes {
 public:
  virtual ~Processes() = default;
  Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;

  /// Starts a program. Its standard error goes nowhere. Errors are those of `file_error`.
  virtual Result<std::unique_ptr<Process>> start(const std::string& path,
                                                 const std::vector<std::string>& args) = 0;
};

/// The operating system's processes.
class RealProcesses final : public Processes {
 public:
  Result<std::unique_ptr<Process>> start(const std::string& path,
                                         const std::vector<std::string>& args) override;
};

/// Programs that are functions, for tests: called with all that has been written since the last
/// time whenever something is read; what it returns is then there to be read. An error ends the
/// process. For one thread.
class SimulatedProcesses final : public Processes {
 public:
  using Program = std::function<Result<Bytes>(ByteSpan written)>;
  explicit SimulatedProcesses(Program program) : program_(std::move(program)) {}
  Result<std::unique_ptr<Process>> start(const std::string& path,
                                         const std::vector<std::string>& args) override;
  uint32_t started() const { return started_; }

 private:
  Program program_;
  uint32_t started_ = 0;
};

}  // namespace cairn

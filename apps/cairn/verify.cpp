// `cairn verify`: checks a log of actors without the server that wrote it.

#include <fmt/format.h>
#include <cairn/chain/verify.hpp>
#include <cairn/platform/replayer.hpp>

#include <algorithm>
#include <thread>

#include "api_client.hpp"
#include "compiler.hpp"
#include "input.hpp"
#include "options.hpp"
#include "table.hpp"
#include "terminal.hpp"

namespace cairn::cli {
namespace {

constexpr uint64_t module_bytes_max = uint64_t{1} << 30;
constexpr uint64_t note_file_bytes_max = chain::note_bytes_max;

struct VerifyArgs {
  std::string log;
  std::vector<std::string> keys, witnesses, modules, checkpoints;
  std::optional<std::string> threads, witness_quorum;
  bool replays = true;  ///< with what is found
  std::string output = "table";
};

/// A folder's own, or that of `cairn serve`'s data.
std::string log_folder(Files& files, const std::string& path) {
  const std::string inner = path + "/log";
  return files.is_directory(inner) ? inner : path;
}

Result<std::vector<chain::Verifier>> verifiers(std::string_view option,
                                               const std::vector<std::string>& texts) {
  std::vector<chain::Verifier> made;
  for (auto at = texts.begin(); at != texts.end(); ++at) {
    const std::string& text = *at;
    // Given twice it does not count twice.
    if (std::find(texts.begin(), at, text) != at) continue;
    auto one = chain::Verifier::parse(text);
    if (!one)
      return fail(ErrorKind::usage, fmt::format("{} '{}': {}", option, text, one.error().message));
    made.push_back(*std::move(one));
  }
  return made;
}

class Verify {
 public:
  explicit Verify(VerifyArgs args) : args_(std::move(args)) {}

  /// Errors `usage` are of the command line.
  Result<> prepare() {
    if (args_.output != "table" && args_.output != "json")
      return fail(ErrorKind::usage, fmt::format("-o is table or json, not '{}'", args_.output));
    options_.signers = TRY(verifiers("--key", args_.keys));
    options_.witnesses = TRY(verifiers("--witness", args_.witnesses));
    TRY(check_witnesses());
    TRY(take_quorum());
    options_.threads = std::max(1U, std::thread::hardware_concurrency());
    if (args_.threads) {
      const uint64_t count = TRY(parse_count("--threads", *args_.threads, 1024));
      options_.threads = std::max(static_cast<uint32_t>(count), 1u);
    }
    for (const std::string& path : args_.checkpoints) {
      const Bytes note = TRY(read_bytes(path, note_file_bytes_max));
      if (auto parsed = chain::Note::parse(as_text(note)); !parsed) {
        parsed.error().path = path;
        return std::unexpected(std::move(parsed).error());
      }
      options_.checkpoints.emplace_back(as_text(note));
    }
    if (args_.log.empty()) return fail(ErrorKind::usage, "LOG is empty");
    if (!is_url() && args_.log.contains("://"))
      return fail(ErrorKind::usage,
                  fmt::format("'{}': of servers, only http:// is spoken to", args_.log));
    if (is_url() && !args_.modules.empty())
      return fail(ErrorKind::usage, "--module needs the folder of a log: contents are not served");
    return {};
  }

  Result<chain::VerifyReport> run() {
    if (is_url()) return verify_url();
    TRY(load_modules());
    // Without components, too: it counts what is not run again.
    options_.replayer = &*replayer_;
    chain::VerifyReport report =
        TRY(chain::verify_log(disk_, log_folder(files_, args_.log), options_));
    for (const auto& [path, digest] : given_) {
      if (!replayer_->is_named(digest)) {
        return fail(ErrorKind::invalid,
                    fmt::format("--module {}: no record of the log names it (digest {})", path,
                                crypto::to_hex(digest)));
      }
    }
    return report;
  }

  bool is_url() const { return args_.log.starts_with("http://"); }

 private:
  /// Who signs a log is no witness of it.
  Result<> check_witnesses() const {
    for (const chain::Verifier& witness : options_.witnesses) {
      const bool signs = std::ranges::find(options_.signers, witness.key, &chain::Verifier::key) !=
                         options_.signers.end();
      if (!signs && witness.type == chain::SignatureType::cosignature) continue;
      return fail(ErrorKind::usage,
                  fmt::format("--witness '{}': it is {}", witness.to_string(),
                              signs ? "the log's own key, given by --key"
                                    : "no key of a witness (C2SP tlog-cosignature)"));
    }
    return {};
  }

  Result<> take_quorum() {
    if (!args_.witness_quorum) return {};
    const uint64_t count = options_.witnesses.size();
    options_.witness_quorum =
        TRY(parse_count("--witness-quorum", *args_.witness_quorum, UINT32_MAX));
    if (options_.witness_quorum != 0 && options_.witness_quorum <= count) return {};
    return fail(ErrorKind::usage,
                fmt::format("--witness-quorum {}: it is from 1 to {}, the number of --witness",
                            *args_.witness_quorum, count));
  }

  Result<> load_modules() {
    engine::Settings settings;
    settings.fuel = true;
    settings.deterministic = true;
    set_compiler(settings, "on");
    engine_.emplace(std::move(settings));
    replayer_.emplace(*engine_, clock_, random_);
    for (const std::string& path : args_.modules)
      given_.emplace_back(path, replayer_->add(TRY(read_bytes(path, module_bytes_max))));
    const std::string kept = args_.log + "/components";
    if (!args_.replays || !files_.is_directory(kept)) return {};
    const std::vector<std::string> names = TRY(files_.list_directory(kept));
    for (const std::string& name : names) {
      if (!name.ends_with(".wasm")) continue;
      const std::string path = kept + "/" + name;
      const crypto::Sha256 digest = replayer_->add(TRY(read_bytes(path, module_bytes_max)));
      if (name != crypto::to_hex(digest) + ".wasm")
        write(stderr,
              fmt::format("warning: {}: it is damaged: its digest is not its name\n", path));
    }
    return {};
  }

  Result<> take_cosigned(const ApiClient& client) {
    const uint64_t quorum = std::min<uint64_t>(options_.witness_quorum, options_.witnesses.size());
    // Where so many have not cosigned one, it is told who has.
    for (const uint64_t count : {quorum, uint64_t{1}}) {
      auto cosigned = client.ask({.path = fmt::format("/v1/checkpoint/cosigned?quorum={}", count)});
      if (cosigned) {
        options_.checkpoints.push_back(std::move(cosigned->body));
        return {};
      }
      if (cosigned.error().kind != ErrorKind::not_found)
        return std::unexpected(std::move(cosigned).error());
    }
    return {};
  }

  Result<chain::VerifyReport> verify_url() {
    const ApiClient client(TRY(HttpUrl::parse(args_.log)));
    // Before the newest one, which may be of more records.
    if (!options_.witnesses.empty()) TRY(take_cosigned(client));
    const HttpAnswer note = TRY(client.ask({.path = "/checkpoint"}));
    const auto fetch = [&](const chain::Tile& tile) -> Result<Bytes> {
      const HttpAnswer answer = TRY(client.ask({.path = "/" + tile.path()}));
      const ByteSpan bytes = as_bytes(answer.body);
      return Bytes(bytes.begin(), bytes.end());
    };
    return chain::verify_tiles(note.body, fetch, options_);
  }

  VerifyArgs args_;
  RealFiles files_;
  RealDisk disk_;
  RealClock clock_;
  RealRandom random_;
  chain::VerifyOptions options_;
  std::optional<engine::Engine> engine_;
  std::optional<platform::ComponentReplayer> replayer_;
  std::vector<std::pair<std::string, crypto::Sha256>> given_;  ///< by --module: path and digest
};

/// The last line of all: how far that it is good can be relied on.
std::string verdict_of(const chain::VerifyReport& report, bool has_keys, bool is_served) {
  const uint64_t behind = report.records - report.signed_records;
  if (!has_keys || behind == 0) {
    return !is_served && report.not_replayed != 0 ? "good as far as it was checked" : "good";
  }
  if (report.signed_records == 0) return "good, and signed by nobody";
  return fmt::format(
      "good up to record {}; {} records behind the last signed checkpoint are signed by nobody",
      shown_count(report.signed_records - 1), shown_count(behind));
}

Json document_of_report(const chain::VerifyReport& report, bool has_keys, bool is_served) {
  return {{"good", true},
          {"verdict", verdict_of(report, has_keys, is_served)},
          {"origin", report.origin},
          {"log", crypto::to_hex(report.log)},
          {"root", crypto::to_hex(report.root)},
          {"records", report.records},
          {"chains", report.chains},
          {"rejections", report.rejections},
          {"links", report.links},
          {"contents", report.contents},
          {"contents_missing", report.contents_missing},
          {"checkpoints", report.checkpoints},
          {"signatures", report.signatures},
          {"keys_checked", has_keys},
          {"signed_records", report.signed_records},
          {"unsigned_records", report.records - report.signed_records},
          {"replayed", report.replayed},
          {"not_replayed", report.not_replayed},
          {"torn_bytes", report.torn_bytes}};
}

std::string text_of(const chain::VerifyReport& report, bool has_keys, bool is_served) {
  const auto count = [](uint64_t value) { return shown_count(value); };
  std::string text =
      fmt::format("{}: {} records in {} chains, {} of them rejections\n", report.origin,
                  count(report.records), count(report.chains), count(report.rejections));
  text += fmt::format("  tree      root {}\n", crypto::to_hex(report.root));
  text += fmt::format("  links     {} to records of senders\n", count(report.links));
  if (is_served) {
    text += "  contents  not checked: a server gives records alone\n";
  } else {
    text += fmt::format("  contents  {} checked, {} thrown away\n", count(report.contents),
                        count(report.contents_missing));
  }
  text += has_keys ? fmt::format("  signed    {} records, by {} signatures\n",
                                 count(report.signed_records), count(report.signatures))
                   : std::string("  signed    not checked: no --key\n");
  if (!is_served) {
    text += fmt::format("  replayed  {} transitions, {} not\n", count(report.replayed),
                        count(report.not_replayed));
  }
  if (report.torn_bytes != 0) {
    text += fmt::format("  torn      {} at the end, of a batch that is not whole\n",
                        shown_bytes(report.torn_bytes));
  }
  if (!is_served && report.not_replayed != 0) {
    text += report.replayed == 0
                ? std::string("nothing was run again: only what is written was checked\n")
                : fmt::format("{} transitions were not run again\n", count(report.not_replayed));
  }
  return text + verdict_of(report, has_keys, is_served) + "\n";
}

int print_failure(const Error& error, bool json) {
  if (!json) {
    print_error(error);
    return exit_failure;
  }
  write(stdout, to_text(document_of(error), 2) + "\n");
  return exit_failure;
}

constexpr const char* footer =
    "LOG is the data folder of `cairn serve`, which may go on meanwhile; the folder of a log; or "
    "the\naddress of a server, of which records are checked but not what is in them.\n\n"
    "Without --key anybody may have written the log; with it each checkpoint has to be signed by "
    "it,\nand what comes behind the last one is told apart. A --witness has to have cosigned at "
    "least one,\nor so many of several as --witness-quorum says; a server is asked for the largest "
    "one that\nso many have cosigned.\n\n"
    "Transitions are run again with the components in LOG/components and those of --module, and "
    "each\nstate, reply, effect and unit of fuel is compared.\n\n"
    "Examples:\n"
    "  cairn verify cairn-data --key bank.example+0a1b2c3d+AZ…\n"
    "  cairn verify copy/log --module account.wasm --checkpoint yesterday.txt\n"
    "  cairn verify http://127.0.0.1:8080 --key bank.example+0a1b2c3d+AZ…";

}  // namespace

int verify_command(Args args) {
  Parser parser("verify", "[OPTIONS] LOG",
                "Check a log of actors: chains, tree, signatures, contents; and run it again.");
  VerifyArgs options;
  bool no_replay = false;
  parser->add_option("LOG", options.log, "A folder, or the address of a server")
      ->required()
      ->type_name("");
  add_list(parser.app(), "--key", options.keys, "The log's public key")->type_name("VKEY");
  add_list(parser.app(), "--witness", options.witnesses, "Whose cosignatures are checked")
      ->type_name("VKEY");
  add_text(parser.app(), "--witness-quorum", options.witness_quorum,
           "How many of them must have cosigned (all)")
      ->type_name("N");
  add_list(parser.app(), "--module", options.modules, "A component, to run its transitions again")
      ->type_name("FILE");
  add_list(parser.app(), "--checkpoint", options.checkpoints,
           "A signed checkpoint that the log must be true to")
      ->type_name("FILE");
  parser->add_flag("--no-replay", no_replay, "Run nothing but what --module names");
  add_text(parser.app(), "--threads", options.threads, "How many threads (one for each processor)")
      ->type_name("N");
  parser->add_option("-o,--output", options.output, "How to print what was found: table or json")
      ->type_name("table|json");
  parser.footer(footer);
  if (const auto code = parser.parse(args)) return *code;
  options.replays = !no_replay;
  const bool json = options.output == "json", has_keys = !options.keys.empty();
  Verify verify(std::move(options));
  if (const Result<> prepared = verify.prepare(); !prepared) {
    if (prepared.error().kind == ErrorKind::usage)
      return usage_error("verify", prepared.error().message);
    return print_failure(prepared.error(), json);
  }
  const Result<chain::VerifyReport> report = verify.run();
  if (!report && report.error().kind == ErrorKind::usage)
    return usage_error("verify", report.error().message);
  if (!report) return print_failure(report.error(), json);
  write(stdout, json ? to_text(document_of_report(*report, has_keys, verify.is_url()), 2) + "\n"
                     : text_of(*report, has_keys, verify.is_url()));
  return exit_ok;
}

}  // namespace cairn::cli

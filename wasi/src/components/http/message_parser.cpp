#include "components/http/message_parser.hpp"

// Beast 1.74 asserts that the last chunk's line has five bytes, which holds only where others came
// before it. What follows needs four.
#define BOOST_DISABLE_ASSERTS
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "components/http/syntax.hpp"

namespace cairn::wasi {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

/// What stands in a line beside a name and a value, or beside a method and a target.
constexpr size_t field_line_bytes = 4, request_line_bytes = 12;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

/// Is it a list of codings, one of which is not "chunked"?
bool has_unknown_coding(std::string_view list) {
  bool unknown = false;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view coding = trimmed(list.substr(0, comma));
    if (!is_token(coding)) return false;
    unknown = unknown || !equal_names(coding, "chunked");
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return unknown;
}

/// The error of the interface for one of the parser's, in a request or a response.
HttpError to_http_error(const error_code& code, bool of_request, bool in_trailers,
                        const HttpLimits& limits) {
  using Code = HttpErrorCode;
  if (code == beast::error::body_limit)
    return {.code = of_request ? Code::request_body_size : Code::response_body_size,
            .number = limits.body_bytes_max};
  if (code == beast::error::header_limit || code == beast::error::buffer_overflow) {
    const Code header =
        of_request ? Code::request_header_section_size : Code::response_header_section_size;
    const Code trailer =
        of_request ? Code::request_trailer_section_size : Code::response_trailer_section_size;
    return {.code = in_trailers ? trailer : header, .number = limits.head_bytes_max};
  }
  if (code == beast::error::partial_message)
    return {.code = of_request ? Code::connection_terminated : Code::response_incomplete};
  if (code == beast::error::bad_transfer_encoding && !of_request)
    return {.code = Code::response_transfer_coding};
  return {.code = Code::protocol_error};
}

template <bool is_request>
class BeastParser final : public MessageParser, private beast::basic_parser<is_request> {
  using Base = beast::basic_parser<is_request>;

 public:
  BeastParser(const HttpLimits& limits, bool skip_body) : limits_(limits) {
    this->header_limit(limits.head_bytes_max);
    this->body_limit(limits.body_bytes_max);
    this->skip(skip_body);
    head_.fields = std::make_shared<Fields>();
  }

  Http<Progress> put(ByteSpan bytes, size_t body_max) override {
    body_max_ = body_max;
    // Of a body without a length, all that is given counts for the limit, taken or not.
    if (has_head() && Base::need_eof()) bytes = bytes.first(std::min(bytes.size(), body_max));
    error_code code;
    const size_t used = Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
    if (code == beast::error::need_more) {
      // What cannot be parsed before more of it has come is a line, or all of the trailers.
      if (bytes.size() - used < limits_.head_bytes_max) return Progress{used, used == 0};
      code = beast::error::header_limit;
    }
    if (code) return std::unexpected(error(code));
    return Progress{used, false};
  }
  Http<> put_end() override {
    error_code code;
    if (Base::got_some())
      Base::put_eof(code);
    else
      code = beast::error::partial_message;
    if (code) return std::unexpected(error(code));
    return {};
  }
  bool has_head() const override { return Base::is_header_done(); }
  bool is_done() const override { return Base::is_done(); }

 private:
  HttpError error(const error_code& code) const {
    if (refused_) return *refused_;
    return to_http_error(code, is_request, has_head(), limits_);
  }
  void refuse(HttpErrorCode why, error_code& code) {
    refused_ = HttpError{.code = why};
    code = beast::error::bad_value;
  }

  void on_request_impl(beast::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head_.method = view(method);
    head_.target = view(target);
    head_.is_http_11 = version == 11;
    section_bytes_ = method.size() + target.size() + request_line_bytes;
  }
  void on_response_impl(int status, string_view, int version, error_code&) override {
    head_.status = static_cast<uint16_t>(status);
    head_.is_http_11 = version == 11;
  }
  void on_field_impl(beast::field known, string_view name, string_view value,
                     error_code& code) override {
    // The parser bounds only what it has not taken yet, and fields may come one by one.
    section_bytes_ += name.size() + value.size() + field_line_bytes;
    if (section_bytes_ > limits_.head_bytes_max || ++section_fields_ > limits_.fields_max) {
      code = beast::error::header_limit;
      return;
    }
    if (has_head()) {
      if (Fields::is_forbidden(view(name))) return;
      if (!trailers_) trailers_ = std::make_shared<Fields>();
      trailers_->add_unchecked(std::string(view(name)), std::string(view(value)));
      return;
    }
    switch (known) {
      case beast::field::host:
        if (head_.host) return refuse(HttpErrorCode::request_uri_invalid, code);
        head_.host = view(value);
        return;
      case beast::field::transfer_encoding:
        if (!codings_) codings_.emplace();
        if (!codings_->empty()) *codings_ += ',';
        *codings_ += view(value);
        return;
      case beast::field::connection:
      case beast::field::keep_alive:
      case beast::field::proxy_authenticate:
      case beast::field::proxy_authorization:
      case beast::field::proxy_connection:
      case beast::field::http2_settings: return;
      case beast::field::upgrade:
        if (!head_.upgrade.empty()) head_.upgrade += ',';
        head_.upgrade += view(value);
        return;
      case beast::field::expect:
        // Nobody that speaks HTTP/1.0 waits for that (RFC 9110, 10.1.1).
        head_.expects_continue = head_.is_http_11 && equal_names(view(value), "100-continue");
        break;
      default: break;
    }
    head_.fields->add_unchecked(std::string(view(name)), std::string(view(value)));
  }
  void on_header_impl(error_code& code) override {
    head_.fields->freeze();
    head_.keeps_alive = Base::keep_alive();
    // Without a word of it in `Connection`, the field means nothing.
    if (!Base::upgrade() || !head_.is_http_11) head_.upgrade.clear();
    section_bytes_ = 0;
    section_fields_ = 0;
    if (codings_) check_codings(code);
    if (code) return;
    if (const auto length = Base::content_length()) head_.content_length = *length;
    head_.has_body = !Base::is_done();
  }
  /// Of codings we know one only, which HTTP/1.0 does not. What a body behind others is, only its
  /// sender can tell (RFC 9112, 6.1 and 6.3).
  void check_codings(error_code& code) {
    if (equal_names(*codings_, "chunked") && head_.is_http_11) return;
    const bool unknown = !is_request || (head_.is_http_11 && has_unknown_coding(*codings_));
    refuse(unknown ? HttpErrorCode::response_transfer_coding : HttpErrorCode::protocol_error, code);
  }
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(string_view bytes, error_code&) override {
    const size_t taken = std::min(bytes.size(), body_max_ - std::min(body_max_, body_.size()));
    body_.insert(body_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
    return taken;
  }
  void on_chunk_header_impl(uint64_t, string_view extension, error_code& code) override {
    if (!is_field_value(view(extension))) refuse(HttpErrorCode::protocol_error, code);
  }
  size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code& code) override {
    return on_body_impl(bytes, code);
  }
  void on_finish_impl(error_code&) override {
    if (trailers_) trailers_->freeze();
  }

  HttpLimits limits_;
  size_t body_max_ = 0;
  size_t section_bytes_ = 0;  ///< of the head, or of the trailers, so far
  uint32_t section_fields_ = 0;
  std::optional<std::string> codings_;
  std::optional<HttpError> refused_;
};

}  // namespace

std::unique_ptr<MessageParser> MessageParser::of_request(const HttpLimits& limits) {
  return std::make_unique<BeastParser<true>>(limits, false);
}
std::unique_ptr<MessageParser> MessageParser::of_response(const HttpLimits& limits, bool to_head) {
  return std::make_unique<BeastParser<false>>(limits, to_head);
}

}  // namespace cairn::wasi

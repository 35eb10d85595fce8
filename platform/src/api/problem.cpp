#include "api/problem.hpp"

#include "api/json.hpp"

namespace cairn::platform {

ProblemKind kind_of(uint16_t status) {
  switch (status) {
    case 403: return problems::forbidden;
    case 404: return problems::not_found;
    case 405: return problems::bad_method;
    case 409: return problems::conflict;
    case 413: return problems::too_large;
    case 500: return problems::broken;
    case 501: return problems::unsupported;
    case 503: return problems::unavailable;
    case 504: return problems::timed_out;
    default: break;
  }
  // What the server says itself: 408, 414, 426, 431, …
  ProblemKind kind = status < 500 ? problems::bad_request : problems::broken;
  kind.status = status;
  return kind;
}

Problem problem_of(const Error& error) {
  const auto kind = [&] {
    switch (error.kind) {
      case ErrorKind::malformed:
      case ErrorKind::invalid: return problems::bad_request;
      case ErrorKind::not_found: return problems::not_found;
      case ErrorKind::denied: return problems::forbidden;
      case ErrorKind::usage: return problems::conflict;
      case ErrorKind::unlinkable: return problems::unfit;
      case ErrorKind::unsupported: return problems::unsupported;
      case ErrorKind::limit:
      case ErrorKind::io: return problems::unavailable;
      case ErrorKind::trap:
      case ErrorKind::exception: return problems::failed;
    }
    return problems::broken;
  }();
  return {.kind = kind, .detail = error.to_string()};
}

wasi::HttpResponse response_of(Problem problem) {
  JsonWriter json;
  json.begin_object();
  json.key("type").string("/problems/" + std::string(problem.kind.name));
  json.key("title").string(problem.kind.title);
  json.key("status").number(problem.kind.status);
  json.key("detail").string(problem.detail);
  wasi::HttpResponse response{.status = problem.kind.status, .fields = std::move(problem.fields)};
  response.body = json.take() + problem.members + "}";
  response.fields.push_back({"Content-Type", "application/problem+json"});
  return response;
}

}  // namespace cairn::platform

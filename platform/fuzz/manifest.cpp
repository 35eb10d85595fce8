// Manifests: any text is a manifest or an error that says where.

#include <cairn/platform/manifest.hpp>

#include <cstdlib>

using namespace cairn;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto manifest = platform::Manifest::parse(as_text({data, size}), "fuzz.toml");
  if (manifest) {
    for (const auto& actor : manifest->actors) {
      if (!platform::check_name(actor.name)) std::abort();
    }
  } else if (!manifest.error().at && manifest.error().kind != ErrorKind::limit) {
    std::abort();
  }
  return 0;
}

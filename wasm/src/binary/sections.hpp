#pragma once
/// The decoders of single sections; each fills its part of the module and reads its section whole.

#include "binary/reader.hpp"

namespace cairn::wasm {

/// One recursion group, whose types are appended.
Result<RecGroup> decode_rec_group(Reader& in, std::vector<SubType>& types);
Result<> decode_types(Reader& in, Module& module);
Result<> decode_imports(Reader& in, Module& module);
Result<> decode_functions(Reader& in, Module& module);
Result<> decode_tables(Reader& in, Module& module);
Result<> decode_memories(Reader& in, Module& module);
Result<> decode_tags(Reader& in, Module& module);
Result<> decode_globals(Reader& in, Module& module);
Result<> decode_exports(Reader& in, Module& module);
Result<> decode_start(Reader& in, Module& module);
Result<> decode_elems(Reader& in, Module& module);
Result<> decode_data_count(Reader& in, Module& module);
Result<> decode_code(Reader& in, Module& module);
Result<> decode_datas(Reader& in, Module& module);

}  // namespace cairn::wasm

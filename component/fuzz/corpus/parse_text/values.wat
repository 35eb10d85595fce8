(component
  (import "a" (value $a u8))
  (value $b (list (option char)) (list (some "x") none))
  (import "f" (func $f (param "x" u8) (result string)))
  (start $f (value $a) (result (value $s)))
  (export "s" (value $s)) (export "b" (value $b))
  (@custom "x" "\00")
)

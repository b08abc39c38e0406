#!/usr/bin/env bash
# onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11.
#
# Guess before the run: `session.set_denormal_as_zero`, an option of a session, counts for that session and no other.
# Seen: the first session of the process decides for all that follow, without a word. Set for the second alone it does
# nothing; set for the first it also turns the second's subnormal numbers to zero, which asks for them to be kept.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cat > "$folder/sessions.py" <<'END'
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

rows = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [4]) for name in ("x", "y")]
one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
graph = helper.make_graph([helper.make_node("Mul", ["x", "one"], ["y"])], "product", rows[:1], rows[1:], [one])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
seen = []
for choice in sys.argv[1:]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.set_denormal_as_zero", choice)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    product = session.run(None, {"x": np.full(4, 1e-40, dtype=np.float32)})[0]
    seen.append("zero" if product[0] == 0.0 else "kept")
print(*seen)
END
for choices in "0 1" "1 0" "1" "0"; do
  echo "set to $choices: $("$folder/env/bin/python" "$folder/sessions.py" $choices)"
done | tee "$folder/seen"
diff "$folder/seen" - <<'END'
set to 0 1: kept kept
set to 1 0: zero zero
set to 1: zero
set to 0: kept
END

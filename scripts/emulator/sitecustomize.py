"""
Mends what the emulator lacks: AWS takes a JSONata expression for the TimeoutSeconds of a task, ministack a number.
Python imports this before anything else.
"""

import threading

try:
    from ministack.services import stepfunctions
except ImportError:
    stepfunctions = None

if stepfunctions is not None:
    evaluated = threading.local()
    apply_arguments = stepfunctions._apply_jsonata_arguments
    invoke_with_callback = stepfunctions._invoke_with_callback

    def with_timeout(state_def, raw_input, ctx=None):
        timeout = state_def.get("TimeoutSeconds")
        is_expression = isinstance(timeout, str)
        evaluated.timeout = (
            stepfunctions._apply_jsonata_template(timeout, raw_input, ctx) if is_expression else timeout
        )
        return apply_arguments(state_def, raw_input, ctx)

    def until_timeout(resource, input_data, token, state_def):
        timeout = getattr(evaluated, "timeout", None)
        limited = state_def if timeout is None else {**state_def, "TimeoutSeconds": timeout}
        return invoke_with_callback(resource, input_data, token, limited)

    stepfunctions._apply_jsonata_arguments = with_timeout
    stepfunctions._invoke_with_callback = until_timeout

"""
Mends what the emulator lacks: AWS takes a JSONata expression for the TimeoutSeconds of a task, ministack a number; on AWS
a task that waits for its token fails at once when its function fails, in ministack it waits on.
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
    call_lambda = stepfunctions._call_lambda

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
        evaluated.token = token
        try:
            return invoke_with_callback(resource, input_data, token, limited)
        finally:
            evaluated.token = None

    def or_fail(func_ref, event):
        try:
            return call_lambda(func_ref, event)
        except stepfunctions._ExecutionError as failure:
            waiting = stepfunctions._task_tokens.get(getattr(evaluated, "token", None))
            if waiting is not None and not waiting["event"].is_set():
                waiting["error"] = {"Error": failure.error, "Cause": failure.cause}
                waiting["event"].set()
            raise

    stepfunctions._apply_jsonata_arguments = with_timeout
    stepfunctions._invoke_with_callback = until_timeout
    stepfunctions._call_lambda = or_fail

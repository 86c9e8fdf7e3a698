"""
Syntax of the expressions in definitions: calls, literals, and access to members.

Source: "Expressions" in the schema reference of the Workflow Definition Language, and the reference
guide to its functions; the messages are those of the flow service, as they are reported.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark

_GRAMMAR = r"""
start: expression
expression: primary accessor*
?primary: NAME "(" [expression ("," expression)*] ")" -> call | WORD | STRING | NUMBER
accessor: OPTIONAL? "[" expression "]" | OPTIONAL? "." (NAME | WORD)

WORD.2: /(true|false|null)(?!\w)/i
NAME: /[A-Za-z_]\w*/
STRING: /'(?:[^']|'')*'/
NUMBER: /[+-]?\d+(\.\d+)?([eE][+-]?\d+)?/
OPTIONAL: "?"
%ignore /\s+/
"""
_TOKENS = {
    "LPAR": "LeftParenthesis", "RPAR": "RightParenthesis", "LSQB": "LeftSquareBracket",
    "RSQB": "RightSquareBracket", "COMMA": "Comma", "DOT": "Dot", "OPTIONAL": "QuestionMark",
    "NAME": "Identifier", "WORD": "Identifier", "STRING": "StringLiteral",
    "NUMBER": "NumericLiteral", "$END": "EndOfData",
}  # fmt: skip
# Names are compared without case.
_NAMES = """
action actionbody actionoutputs actions add adddays addhours addminutes addproperty addseconds
addtotime and appsetting array base64 base64tobinary base64tostring binary body bool chunk coalesce
concat contains convertfromutc converttimezone converttoutc createarray datauri datauritobinary
datauritostring datedifference dayofmonth dayofweek dayofyear decimal decodebase64 decodedatauri
decodeuricomponent div empty encodeuricomponent endswith equals first float formatdatetime
formatnumber formdatamultivalues formdatavalue getfuturetime getpasttime greater greaterorequals
guid if indexof int intersection isfloat isint item items iterationindexes join json last
lastindexof length less lessorequals listcallbackurl max min mod mul multipartbody not nthindexof
or outputs parameters parsedatetime rand range removeproperty replace result reverse setproperty
skip slice sort split startofday startofhour startofmonth startswith string sub subtractfromtime
substring take ticks tolower toupper trigger triggerbody triggerformdatamultivalues
triggerformdatavalue triggermultipartbody triggeroutputs trim union uricomponent
uricomponenttobinary uricomponenttostring urihost uripath uripathandquery uriport uriquery
urischeme utcnow variables workflow xml xpath
"""
_FUNCTIONS = frozenset(_NAMES.split())


@lru_cache(maxsize=4096)
def complaint(expression: str) -> str | None:
    """The flow service's words for an expression that it does not take; None when it does."""
    from lark import UnexpectedCharacters, UnexpectedToken

    try:
        tree = _parser().parse(expression)
    except UnexpectedToken as error:
        expected = sorted(error.accepts or error.expected)
        named = _TOKENS.get(expected[0] if expected else "", "EndOfData")
        if "RPAR" in expected:
            named = "RightParenthesis"
        actual = _TOKENS.get(error.token.type, error.token.type)
        detail = f"expected token '{named}' and actual '{actual}'"
    except UnexpectedCharacters as error:
        place = error.pos_in_stream or 0
        character = expression[place : place + 1]
        detail = f"the string character '{character}' at position '{place}' is not expected"
    else:
        for call in tree.find_data("call"):
            name = str(call.children[0])
            if name.lower() not in _FUNCTIONS:
                return f"The template function '{name}' is not defined or not valid."
        return None
    return f"Unable to parse template language expression '{expression}': {detail}."


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)

"""Models with what people use of pydantic v2.

`python3 pydantic_models.py list` prints one line of JSON for each model, with its name and its JSON Schema.
`python3 pydantic_models.py check` reads lines with the name of a model and an output, and answers each with a line: the error, or null.
"""

import json
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from pathlib import Path
from typing import Annotated, Any, Dict, FrozenSet, Generic, List, Literal, NamedTuple, Optional, Set, Tuple, TypeVar, Union
from uuid import UUID, uuid4

from typing_extensions import TypedDict

from pydantic import (
    UUID4,
    AfterValidator,
    AliasChoices,
    AnyUrl,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Discriminator,
    EmailStr,
    Field,
    FiniteFloat,
    FutureDate,
    HttpUrl,
    Json,
    NaiveDatetime,
    NegativeInt,
    NonNegativeFloat,
    NonNegativeInt,
    PastDate,
    PositiveFloat,
    PositiveInt,
    PostgresDsn,
    RootModel,
    SecretStr,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    Tag,
    conint,
    conlist,
    constr,
    confloat,
    create_model,
    dataclasses,
    field_validator,
)


class Plain(BaseModel):
    """The four types of every tutorial."""

    name: str
    age: int
    height: float
    is_member: bool


class Defaults(BaseModel):
    name: str = "nobody"
    count: int = 3
    ratio: float = 0.5
    tags: List[str] = Field(default_factory=list)
    note: Optional[str] = None


class OptionalFields(BaseModel):
    a: Optional[int]
    b: str | None
    c: Optional[List[Optional[int]]] = None
    d: Union[int, str, None] = None


class Described(BaseModel):
    """A recipe, as people ask models for it."""

    title: str = Field(description="The dish's name", min_length=1, max_length=80, examples=["Borscht"])
    servings: int = Field(gt=0, le=12, description="How many people it feeds")
    ingredients: List[str] = Field(min_length=1, max_length=30)
    is_vegan: bool = Field(default=False, title="Vegan?")


class Address(BaseModel):
    street: str
    city: str
    zip_code: Annotated[str, StringConstraints(pattern=r"^\d{5}(-\d{4})?$")]


class Nested(BaseModel):
    home: Address
    work: Optional[Address] = None
    former: List[Address] = []


class DeepLeaf(BaseModel):
    value: int


class DeepBranch(BaseModel):
    leaves: Dict[str, DeepLeaf]


class Deep(BaseModel):
    branches: List[DeepBranch]
    by_name: Dict[str, List[DeepBranch]] = {}


class Tree(BaseModel):
    value: int
    children: List["Tree"] = []


class LinkedList(BaseModel):
    value: str
    next: Optional["LinkedList"] = None


class Expression(BaseModel):
    op: Literal["add", "mul"]
    left: Union["Expression", float]
    right: Union["Expression", float]


class Color(str, Enum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    MIDDLE = 2
    HIGH = 3


class Mixed(Enum):
    ONE = 1
    WORD = "word"


class Enums(BaseModel):
    color: Color
    level: Level
    mixed: Mixed
    shade: Literal["light", "dark"]
    one: Literal[1]
    either: Literal["a", 2, True, None]
    maybe: Optional[Color] = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


class Bird(BaseModel):
    kind: Literal["parrot", "eagle"]
    wingspan: float = Field(gt=0)


class DiscriminatedUnion(BaseModel):
    pet: Union[Cat, Dog, Bird] = Field(discriminator="kind")


class DiscriminatedList(BaseModel):
    pets: List[Annotated[Union[Cat, Dog], Field(discriminator="kind")]]


def _kind_of(value: Any) -> str:
    return "list" if isinstance(value, list) else "text"


class CallableDiscriminator(BaseModel):
    value: Annotated[
        Union[Annotated[List[int], Tag("list")], Annotated[str, Tag("text")]],
        Discriminator(_kind_of),
    ]


class PlainUnion(BaseModel):
    pet: Union[Cat, Dog]
    value: Union[int, str, List[int], Dict[str, int]]


class Integers(BaseModel):
    positive: PositiveInt
    negative: NegativeInt
    natural: NonNegativeInt
    percent: int = Field(ge=0, le=100)
    port: conint(ge=1, le=65535)
    year: Annotated[int, Field(ge=1900, lt=2100)]
    dozen: int = Field(multiple_of=12, ge=0)


class Floats(BaseModel):
    positive: PositiveFloat
    natural: NonNegativeFloat
    probability: float = Field(ge=0, le=1)
    latitude: confloat(ge=-90, le=90)
    longitude: Annotated[float, Field(ge=-180.0, lt=180.0)]
    score: float = Field(gt=0.5, lt=9.75)
    finite: FiniteFloat


class Multiples(BaseModel):
    half: float = Field(multiple_of=0.5)
    cents: float = Field(multiple_of=0.01, ge=0)
    even: int = Field(multiple_of=2)
    hundreds: int = Field(multiple_of=100, ge=0, le=10000)


class Strings(BaseModel):
    short: constr(min_length=2, max_length=10)
    code: constr(pattern=r"^[A-Z]{3}-\d{4}$")
    stripped: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]
    upper: Annotated[str, StringConstraints(to_upper=True)]
    slug: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    phone: str = Field(pattern=r"^\+?[1-9]\d{1,14}$")
    hexadecimal: str = Field(pattern="^#[0-9a-fA-F]{6}$")


class Patterns(BaseModel):
    contains_digit: str = Field(pattern=r"\d")
    starts: str = Field(pattern=r"^https?://")
    ends: str = Field(pattern=r"\.(png|jpe?g|gif)$")
    version: str = Field(pattern=r"^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$")
    key: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=32)
    day: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    iban: str = Field(pattern=r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")


class Times(BaseModel):
    day: date
    at: datetime
    clock: time
    lasts: timedelta


class StrictTimes(BaseModel):
    aware: AwareDatetime
    naive: NaiveDatetime
    past: PastDate
    future: FutureDate


class Identifiers(BaseModel):
    id: UUID
    random: UUID4
    made: UUID = Field(default_factory=uuid4)


class Addresses(BaseModel):
    email: EmailStr
    site: HttpUrl
    any: AnyUrl
    v4: IPv4Address
    v6: IPv6Address
    contact: Optional[EmailStr] = None


class Network(BaseModel):
    network: IPv4Network
    store: PostgresDsn


class Files(BaseModel):
    path: Path
    content: bytes
    encoded: Base64Bytes
    size: ByteSize


class Secrets(BaseModel):
    user: str
    password: SecretStr


class Decimals(BaseModel):
    amount: Decimal
    price: Decimal = Field(max_digits=8, decimal_places=2)
    rate: Annotated[Decimal, Field(ge=0, le=1)]


class Collections(BaseModel):
    words: List[str]
    numbers: Set[int]
    frozen: FrozenSet[str]
    scores: Dict[str, float]
    by_id: Dict[int, str]
    anything: Dict[str, Any]
    bare_list: list
    bare_dict: dict


class Counted(BaseModel):
    two_to_four: conlist(int, min_length=2, max_length=4)
    some: List[str] = Field(min_length=1)
    few: List[Color] = Field(max_length=3)
    mapping: Dict[str, int] = Field(min_length=1, max_length=4)


class Tuples(BaseModel):
    pair: Tuple[int, str]
    triple: tuple[float, float, float]
    many: Tuple[int, ...]
    empty_or_not: Tuple[bool, Optional[str]]


class Point(NamedTuple):
    x: float
    y: float


class Coordinates(BaseModel):
    point: Point
    line: List[Point]


class Movie(TypedDict, total=False):
    title: str
    year: int


class TypedDicts(BaseModel):
    movie: Movie
    movies: List[Movie]


@dataclasses.dataclass
class Item:
    name: str
    price: float = 0.0


class Dataclasses(BaseModel):
    items: List[Item]


class Anything(BaseModel):
    any: Any
    thing: object


class Aliases(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    first_name: str = Field(alias="firstName")
    last_name: str = Field(validation_alias=AliasChoices("lastName", "surname"))
    odd: int = Field(alias="with space & \"quotes\"")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


class CamelCase(BaseModel):
    model_config = ConfigDict(alias_generator=_camel)

    user_name: str
    home_page_url: Optional[HttpUrl] = None


class ExtraForbidden(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    inner: Optional[Address] = None


class ExtraAllowed(BaseModel):
    model_config = ConfigDict(extra="allow")

    name: str


class TypedExtras(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: Dict[str, int]

    name: str


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    count: StrictInt
    name: StrictStr
    flag: StrictBool


class JsonText(BaseModel):
    data: Json[List[int]]
    raw: Json


def _even(value: int) -> int:
    return value


class Validated(BaseModel):
    even: Annotated[int, AfterValidator(_even)]
    lower: Annotated[str, BeforeValidator(lambda value: value)]
    name: str

    @field_validator("name")
    @classmethod
    def _strip(cls, value: str) -> str:
        return value.strip()


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: List[T]
    total: int = Field(ge=0)
    next: Optional[str] = None


class Base(BaseModel):
    id: int
    created: datetime


class Derived(Base):
    name: str
    parent: Optional[Base] = None


class Strings_(RootModel[List[str]]):
    pass


class Scores(RootModel[Dict[str, float]]):
    pass


class PetRoot(RootModel[Annotated[Union[Cat, Dog], Field(discriminator="kind")]]):
    pass


class Empty(BaseModel):
    pass


class EmptyClosed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Constants(BaseModel):
    version: Literal["1.0"] = "1.0"
    kind: Literal["event"]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, title="A frozen model", json_schema_extra={"examples": [{"a": 1}]})

    a: int = Field(json_schema_extra={"x-order": 1})


class Deprecated(BaseModel):
    old: Optional[int] = Field(default=None, deprecated=True)
    new: int = Field(json_schema_extra={"readOnly": True})


class DigitNames(BaseModel):
    ten: int = Field(alias="10")
    two: int = Field(alias="2")
    name: str


class Unicode(BaseModel):
    größe: float
    名前: str
    emoji: Literal["😀", "né", "\t"]


class Person(BaseModel):
    name: str = Field(description="Full name")
    email: Optional[EmailStr] = None
    born: Optional[date] = None


class Meeting(BaseModel):
    """What extraction from a mail looks like."""

    subject: str
    start: datetime
    end: Optional[datetime] = None
    attendees: List[Person] = Field(default_factory=list, max_length=10)
    priority: Literal["low", "normal", "high"] = "normal"
    link: Optional[HttpUrl] = None


class Sentiment(BaseModel):
    label: Literal["positive", "neutral", "negative"]
    confidence: float = Field(ge=0.0, le=1.0)
    reasons: List[str] = Field(max_length=3)


class LineItem(BaseModel):
    description: str
    quantity: int = Field(ge=1)
    unit_price: float = Field(ge=0, multiple_of=0.01)


class Invoice(BaseModel):
    number: str = Field(pattern=r"^INV-\d{6}$")
    issued: date
    currency: Literal["EUR", "USD", "GBP"]
    items: List[LineItem] = Field(min_length=1, max_length=5)
    total: float = Field(gt=0)


class Step(BaseModel):
    explanation: str
    output: str


class MathReasoning(BaseModel):
    steps: List[Step]
    final_answer: str


class SearchArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1)
    limit: int = Field(default=10, ge=1, le=100)
    before: Optional[datetime] = None
    filters: Dict[str, Union[str, int, bool]] = Field(default_factory=dict)


Extraction80 = create_model("Extraction80", **{f"field_{index}": (Optional[str], None) for index in range(80)})
MixedExtraction = create_model(
    "MixedExtraction",
    **{
        f"value_{index}": (Optional[[int, float, bool, date, Color, List[str]][index % 6]], None)
        for index in range(60)
    },
)
ManyRequired = create_model("ManyRequired", **{f"field_{index}": ((str, int)[index % 2], ...) for index in range(40)})

MODELS = [
    *(Plain, Defaults, OptionalFields, Described, Address, Nested, Deep, Tree, LinkedList, Expression),
    *(Enums, DiscriminatedUnion, DiscriminatedList, CallableDiscriminator, PlainUnion),
    *(Integers, Floats, Multiples, Strings, Patterns, Times, StrictTimes, Identifiers, Addresses, Network, Files, Secrets, Decimals),
    *(Collections, Counted, Tuples, Coordinates, TypedDicts, Dataclasses, Anything, Aliases, CamelCase),
    *(ExtraForbidden, ExtraAllowed, TypedExtras, Strict, JsonText, Validated, Page[Person], Page[int], Derived),
    *(Strings_, Scores, PetRoot, Empty, EmptyClosed, Constants, Frozen, Deprecated, DigitNames, Unicode),
    *(Meeting, Sentiment, Invoice, MathReasoning, SearchArguments, Extraction80, MixedExtraction, ManyRequired),
]


def list_schemas() -> None:
    for model in MODELS:
        print(json.dumps({"name": model.__name__, "schema": model.model_json_schema()}, ensure_ascii=False, separators=(",", ":")))


def check_outputs() -> None:
    by_name = {model.__name__: model for model in MODELS}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            by_name[asked["name"]].model_validate_json(asked["output"])
            print("null")
        except ValueError as error:
            print(json.dumps(str(error)))


if __name__ == "__main__":
    {"list": list_schemas, "check": check_outputs}[sys.argv[1]]()

"""Invented street and place names; none is taken from a survey."""

EAST_WEST = (
    ("澜滨路", "Lanbin Road"),
    ("石湾街", "Shiwan Street"),
    ("渡口巷", "Dukou Lane"),
    ("榕荫街", "Rongyin Street"),
    ("望江街", "Wangjiang Street"),
    ("和畅路", "Hechang Road"),
    ("云岭街", "Yunling Street"),
    ("青松路", "Qingsong Road"),
    ("茶亭街", "Chating Street"),
    ("翠屏路", "Cuiping Road"),
    ("北坡街", "Beipo Street"),
    ("松泉路", "Songquan Road"),
    ("岭上街", "Lingshang Street"),
)
NORTH_SOUTH = (
    ("西溪路", "Xixi Road"),
    ("桂香街", "Guixiang Street"),
    ("新元路", "Xinyuan Road"),
    ("文昌街", "Wenchang Street"),
    ("明月巷", "Mingyue Lane"),
    ("朝阳街", "Chaoyang Street"),
    ("嘉禾路", "Jiahe Road"),
    ("兴业街", "Xingye Street"),
    ("红桥路", "Hongqiao Road"),
    ("竹园街", "Zhuyuan Street"),
    ("观澜路", "Guanlan Road"),
    ("东苑街", "Dongyuan Street"),
    ("金沙街", "Jinsha Street"),
)
TRUNK = ("嘉澜大道", "Jialan Avenue")
UNDERPASS = ("嘉澜下穿道", "Jialan Underpass")
RIVER = ("示范江", "Demonstration River")
SERVICE = ("支路", "Service Lane")


def street_name(names: tuple[tuple[str, str], ...], index: int) -> tuple[str, str]:
    """Return the ``index``-th name; names repeat with a number once the list is used up."""
    zh, en = names[index % len(names)]
    turn = index // len(names)
    return (zh, en) if turn == 0 else (f"{zh}{turn + 1}段", f"{en} {turn + 1}")

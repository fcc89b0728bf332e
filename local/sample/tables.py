"""The names and codes of the real survey, and invented levels for the sample."""

from typing import NamedTuple

HEADER = (
    "YearStart,YearEnd,LocationAbbr,LocationDesc,Datasource,Class,Topic,Question,Data_Value_Unit,"
    "Data_Value_Type,Data_Value,Data_Value_Alt,Data_Value_Footnote_Symbol,Data_Value_Footnote,"
    "Low_Confidence_Limit,High_Confidence_Limit ,Sample_Size,Total,Age(years),Education,Gender,Income,"
    "Race/Ethnicity,GeoLocation,ClassID,TopicID,QuestionID,DataValueTypeID,LocationID,"
    "StratificationCategory1,Stratification1,StratificationCategoryId1,StratificationID1"
)


class Topic(NamedTuple):
    class_id: str
    class_name: str
    id: str
    name: str


class Question(NamedTuple):
    id: str
    text: str
    topic: Topic
    level: int  # percent, invented
    years: range


class Location(NamedTuple):
    id: str
    abbreviation: str
    name: str
    point: str  # latitude and longitude in whole degrees, empty for the national level


class Category(NamedTuple):
    id: str
    name: str
    share: float  # average share of the respondents in a segment, invented
    segments: tuple[tuple[str, str], ...]  # (id, name)


FOOD = Topic("FV", "Fruits and Vegetables", "FV1", "Fruits and Vegetables - Behavior")
WEIGHT = Topic("OWS", "Obesity / Weight Status", "OWS1", "Obesity / Weight Status")
ACTIVITY = Topic("PA", "Physical Activity", "PA1", "Physical Activity - Behavior")

_FRUIT = "Percent of adults who report consuming fruit less than one time daily"
_VEGETABLES = "Percent of adults who report consuming vegetables less than one time daily"
_OBESITY = "Percent of adults aged 18 years and older who have obesity"
_OVERWEIGHT = "Percent of adults aged 18 years and older who have an overweight classification"
_AEROBIC = (
    "Percent of adults who achieve at least 150 minutes a week of moderate-intensity aerobic physical "
    "activity or 75 minutes a week of vigorous-intensity aerobic activity (or an equivalent combination)"
)
_AEROBIC_AND_STRENGTH = (
    "Percent of adults who achieve at least 150 minutes a week of moderate-intensity aerobic physical "
    "activity or 75 minutes a week of vigorous-intensity aerobic physical activity and engage in "
    "muscle-strengthening activities on 2 or more days a week"
)
_MORE_AEROBIC = (
    "Percent of adults who achieve at least 300 minutes a week of moderate-intensity aerobic physical "
    "activity or 150 minutes a week of vigorous-intensity aerobic activity (or an equivalent combination)"
)
_STRENGTH = "Percent of adults who engage in muscle-strengthening activities on 2 or more days a week"
_INACTIVE = "Percent of adults who engage in no leisure-time physical activity"

QUESTIONS = (
    Question("Q018", _FRUIT, FOOD, 40, range(2017, 2022, 2)),
    Question("Q019", _VEGETABLES, FOOD, 20, range(2017, 2022, 2)),
    Question("Q036", _OBESITY, WEIGHT, 30, range(2011, 2023)),
    Question("Q037", _OVERWEIGHT, WEIGHT, 35, range(2011, 2023)),
    Question("Q043", _AEROBIC, ACTIVITY, 50, range(2011, 2020, 2)),
    Question("Q044", _AEROBIC_AND_STRENGTH, ACTIVITY, 20, range(2011, 2020, 2)),
    Question("Q045", _MORE_AEROBIC, ACTIVITY, 30, range(2011, 2020, 2)),
    Question("Q046", _STRENGTH, ACTIVITY, 30, range(2011, 2020, 2)),
    Question("Q047", _INACTIVE, ACTIVITY, 25, range(2011, 2023)),
)

# Pairs of question and location without rows, and with suppressed values only. The real files have both, and
# error messages distinguish them.
ABSENT = {("Q018", "US"), ("Q019", "US"), ("Q044", "VI")}
SUPPRESSED = {("Q046", "VI")}

# In the order of the six columns that hold the segment's name.
CATEGORIES = (
    Category("OVR", "Total", 1, (("OVERALL", "Total"),)),
    Category(
        "AGEYR",
        "Age (years)",
        0.16,
        (
            ("AGEYR1824", "18 - 24"),
            ("AGEYR2534", "25 - 34"),
            ("AGEYR3544", "35 - 44"),
            ("AGEYR4554", "45 - 54"),
            ("AGEYR5564", "55 - 64"),
            ("AGEYR65PLUS", "65 or older"),
        ),
    ),
    Category(
        "EDU",
        "Education",
        0.25,
        (
            ("EDUHS", "Less than high school"),
            ("EDUHSGRAD", "High school graduate"),
            ("EDUCOTEC", "Some college or technical school"),
            ("EDUCOGRAD", "College graduate"),
        ),
    ),
    Category("GEN", "Gender", 0.5, (("MALE", "Male"), ("FEMALE", "Female"))),
    Category(
        "INC",
        "Income",
        0.14,
        (
            ("INCLESS15", "Less than $15,000"),
            ("INC1525", "$15,000 - $24,999"),
            ("INC2535", "$25,000 - $34,999"),
            ("INC3550", "$35,000 - $49,999"),
            ("INC5075", "$50,000 - $74,999"),
            ("INC75PLUS", "$75,000 or greater"),
            ("INCNR", "Data not reported"),
        ),
    ),
    Category(
        "RACE",
        "Race/Ethnicity",
        0.08,
        (
            ("RACEWHT", "Non-Hispanic White"),
            ("RACEBLK", "Non-Hispanic Black"),
            ("RACEHIS", "Hispanic"),
            ("RACEASN", "Asian"),
            ("RACEHPI", "Hawaiian/Pacific Islander"),
            ("RACENAA", "American Indian/Alaska Native"),
            ("RACE2PLUS", "2 or more races"),
            ("RACEOTH", "Other"),
        ),
    ),
)

LOCATIONS = (
    Location("1", "AL", "Alabama", "(33, -87)"),
    Location("2", "AK", "Alaska", "(64, -152)"),
    Location("4", "AZ", "Arizona", "(34, -112)"),
    Location("5", "AR", "Arkansas", "(35, -92)"),
    Location("6", "CA", "California", "(37, -120)"),
    Location("8", "CO", "Colorado", "(39, -106)"),
    Location("9", "CT", "Connecticut", "(42, -73)"),
    Location("10", "DE", "Delaware", "(39, -75)"),
    Location("11", "DC", "District of Columbia", "(39, -77)"),
    Location("12", "FL", "Florida", "(28, -82)"),
    Location("13", "GA", "Georgia", "(33, -83)"),
    Location("15", "HI", "Hawaii", "(20, -156)"),
    Location("16", "ID", "Idaho", "(44, -114)"),
    Location("17", "IL", "Illinois", "(40, -89)"),
    Location("18", "IN", "Indiana", "(40, -86)"),
    Location("19", "IA", "Iowa", "(42, -94)"),
    Location("20", "KS", "Kansas", "(38, -98)"),
    Location("21", "KY", "Kentucky", "(38, -85)"),
    Location("22", "LA", "Louisiana", "(31, -92)"),
    Location("23", "ME", "Maine", "(45, -69)"),
    Location("24", "MD", "Maryland", "(39, -77)"),
    Location("25", "MA", "Massachusetts", "(42, -72)"),
    Location("26", "MI", "Michigan", "(44, -85)"),
    Location("27", "MN", "Minnesota", "(46, -94)"),
    Location("28", "MS", "Mississippi", "(33, -90)"),
    Location("29", "MO", "Missouri", "(38, -92)"),
    Location("30", "MT", "Montana", "(47, -109)"),
    Location("31", "NE", "Nebraska", "(41, -100)"),
    Location("32", "NV", "Nevada", "(39, -117)"),
    Location("33", "NH", "New Hampshire", "(44, -72)"),
    Location("34", "NJ", "New Jersey", "(40, -75)"),
    Location("35", "NM", "New Mexico", "(34, -106)"),
    Location("36", "NY", "New York", "(43, -75)"),
    Location("37", "NC", "North Carolina", "(36, -79)"),
    Location("38", "ND", "North Dakota", "(47, -100)"),
    Location("39", "OH", "Ohio", "(40, -83)"),
    Location("40", "OK", "Oklahoma", "(36, -97)"),
    Location("41", "OR", "Oregon", "(44, -120)"),
    Location("42", "PA", "Pennsylvania", "(41, -78)"),
    Location("44", "RI", "Rhode Island", "(42, -72)"),
    Location("45", "SC", "South Carolina", "(34, -81)"),
    Location("46", "SD", "South Dakota", "(44, -100)"),
    Location("47", "TN", "Tennessee", "(36, -86)"),
    Location("48", "TX", "Texas", "(31, -99)"),
    Location("49", "UT", "Utah", "(39, -112)"),
    Location("50", "VT", "Vermont", "(44, -73)"),
    Location("51", "VA", "Virginia", "(38, -79)"),
    Location("53", "WA", "Washington", "(47, -120)"),
    Location("54", "WV", "West Virginia", "(39, -81)"),
    Location("55", "WI", "Wisconsin", "(44, -90)"),
    Location("56", "WY", "Wyoming", "(43, -108)"),
    Location("66", "GU", "Guam", "(13, 145)"),
    Location("72", "PR", "Puerto Rico", "(18, -66)"),
    Location("78", "VI", "Virgin Islands", "(18, -65)"),
    Location("59", "US", "National", ""),
)

"""Small files in the shapes that statistical offices publish, and their descriptions."""

import io

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor

LINEAR = {"level": 0.95, "scale": "linear"}


def read(content: str | bytes, **facts: object) -> DataIngestor:
    content = content.encode() if isinstance(content, str) else content
    return DataIngestor.from_csv(io.BytesIO(content), Description.from_dict({"title": "t"} | facts))


PLACES = """Year,StateAbbr,StateDesc,LocationName,Measure,Data_Value_Unit,Data_Value_Type,Data_Value,\
Low_Confidence_Limit,High_Confidence_Limit,TotalPopulation,LocationID,MeasureId
2022,OH,Ohio,Washington,Obesity among adults,%,Crude prevalence,40.0,38.0,42.0,"61,000",39167,OBESITY
2022,OH,Ohio,Washington,Obesity among adults,%,Age-adjusted prevalence,38.0,36.0,40.0,"61,000",39167,OBESITY
2022,PA,Pennsylvania,Washington,Obesity among adults,%,Crude prevalence,36.0,34.0,38.0,209000,42125,OBESITY
2022,PA,Pennsylvania,Washington,Obesity among adults,%,Age-adjusted prevalence,35,33,37,209000,42125,OBESITY
2022,US,United States,,Obesity among adults,%,Crude prevalence,33.0,32.5,33.5,"331,000,000",59,OBESITY
2022,US,United States,,Obesity among adults,%,Age-adjusted prevalence,32.5,32.0,33.0,"331,000,000",59,OBESITY
"""
PLACES_FACTS = {
    "columns": {
        **{"question": "Measure", "question_id": "MeasureId", "location": ["LocationName", "StateAbbr"]},
        **{"value": "Data_Value", "year": "Year", "location_id": "LocationID"},
        **{"low": "Low_Confidence_Limit", "high": "High_Confidence_Limit"},
    },
    "keep": {"Data_Value_Type": ["Crude prevalence"]},
    "drop": {"StateAbbr": ["US"]},
    "interval": LINEAR,
}

WHO = """IndicatorCode,Indicator,SpatialDimValueCode,Location,Period,Dim1,Dim2,FactValueNumeric,Value
H1,Hypertension,KEN,Kenya,2016,Both sexes,All ages,,18.2 [15.0-21.9]
H1,Hypertension,KEN,Kenya,2016,Male,All ages,,17.0 [14.0-20.5]
H1,Hypertension,KEN,Kenya,2016,Male,30-79 years,,25.0 [20.0-30.0]
H1,Hypertension,TCD,Chad,2016,Both sexes,All ages,,No data
H1,Hypertension,TCD,Chad,2017,Both sexes,All ages,,20.0 [16.0-24.0]
"""
WHO_FACTS = {
    "columns": {
        "question": "Indicator",
        "question_id": "IndicatorCode",
        "location": "Location",
        "year": "Period",
    },
    "read": {"na_values": ["No data"]},
    "extract": {"Value": r"^(?P<value>[\d.]+) \[(?P<low>[\d.]+)-(?P<high>[\d.]+)\]$"},
    "dimensions": {"Dim1": "Both sexes", "Dim2": "All ages"},
    "interval": LINEAR,
}

EUROSTAT_CSV = """DATAFLOW,LAST UPDATE,freq,unit,sex,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG
ESTAT:BMI(1.0),22/05/26 11:00:00,A,PC,T,DE,2019,19.0,
ESTAT:BMI(1.0),22/05/26 11:00:00,A,PC,M,DE,2019,20.1,
ESTAT:BMI(1.0),22/05/26 11:00:00,A,PC,T,FR,2019,:,u
ESTAT:BMI(1.0),22/05/26 11:00:00,A,PC,T,NA,2019,14.5,b
ESTAT:BMI(1.0),22/05/26 11:00:00,A,PC,T,EU27_2020,2019,16.5,
"""
EUROSTAT_CSV_FACTS = {
    "columns": {"question": "DATAFLOW", "location": "geo", "value": "OBS_VALUE", "year": "TIME_PERIOD"},
    "read": {"na_values": [":"]},
    "drop": {"geo": ["EU27_2020"]},
    "dimensions": {"sex": "T"},
}

EUROSTAT_TSV = (
    "freq,unit,geo\\TIME_PERIOD\t2019 \t2020 \t2021 \n"
    "A,PC,DE\t19.0 \t19.1 b\t19.2 \nA,PC,FR\t: \t14.9 \t15.0 p\nA,PC,IT\t: u\t: c\t11.0 \n"
)
EUROSTAT_TSV_FACTS = {
    "columns": {},
    "extract": {
        "freq,unit,geo\\TIME_PERIOD": "^[^,]*,(?P<question>[^,]*),(?P<location>[^,]*)$",
        "value": "^(?P<value>[0-9.]+|:)( [a-z]+)?$",
    },
    "melt": {"match": "^([0-9]{4})$", "var_name": "year"},
    "read": {"na_values": [":"]},
}

WORLD_BANK = (
    '\ufeff"Data Source","World Development Indicators",\r\n\r\n"Last Updated Date","2024-06-28",\r\n\r\n'
    '"Country Name","Country Code","Indicator Name","Indicator Code","2020","2021",\r\n'
    '"Kenya","KEN","Health expenditure (% of GDP)","SH.XPD","4.3","4.5",\r\n'
    '"Aruba","ABW","Health expenditure (% of GDP)","SH.XPD","","6.5",\r\n'
    '"World","WLD","Health expenditure (% of GDP)","SH.XPD","10.9","",\r\n'
)
WORLD_BANK_FACTS = {
    "columns": {
        **{"question": "Indicator Name", "question_id": "Indicator Code"},
        **{"location": "Country Name", "location_id": "Country Code"},
    },
    "read": {"skiprows": 4},
    "melt": {"match": "^([0-9]{4})$", "var_name": "year"},
    "drop": {"Country Name": ["World"]},
}

ONS = """v4_1,Data Marking,calendar-years,Time,administrative-geography,Geography,sex,Sex,Indicator
12.5,,2020,2020,E08000035,Leeds,all,All,Smoking
14.0,,2020,2020,E08000035,Leeds,male,Male,Smoking
,x,2020,2020,E06000014,York,all,All,Smoking
"""
ONS_FACTS = {
    "columns": {"question": "Indicator", "location": "Geography", "value": "v4_1", "year": "Time"},
    "dimensions": {"Sex": "All"},
}

STATCAN = """\ufeff"REF_DATE","GEO","DGUID","Indicators","Sex","Characteristics","UOM","VALUE"
"2020","Canada","2016A","Obesity","Both sexes","Number of persons","Number","9000000"
"2020","Canada","2016A","Obesity","Both sexes","Percent","Percent","26.5"
"2020","Canada","2016A","Obesity","Both sexes","Low 95% confidence interval, percent","Percent","25.0"
"2020","Canada","2016A","Obesity","Both sexes","High 95% confidence interval, percent","Percent","28.0"
"2020","Canada","2016A","Obesity","Males","High 95% confidence interval, percent","Percent","29.0"
"2020","Canada","2016A","Obesity","Males","Percent","Percent","27.5"
"2020","Canada","2016A","Obesity","Males","Low 95% confidence interval, percent","Percent","26.0"
"2020","Yukon","2016B","Obesity","Both sexes","Percent","Percent",""
"""
STATCAN_FACTS = {
    "columns": {"question": "Indicators", "location": "GEO", "value": "VALUE", "year": "REF_DATE"},
    "pivot": {
        "column": "Characteristics",
        "value": "Percent",
        "low": "Low 95% confidence interval, percent",
        "high": "High 95% confidence interval, percent",
    },
    "dimensions": {"Sex": "Both sexes"},
    "interval": LINEAR,
}

CITIES = """StateAbbr,PlaceName,PlaceFIPS,OBESITY_CrudePrev,OBESITY_Crude95CI
AL,Birmingham,107000,41.0,"(40.1, 41.9)"
MI,Birmingham,2608640,30.0,"(29.1, 30.9)"
"""
CITIES_FACTS = {
    "columns": {"location": ["PlaceName", "StateAbbr"], "value": "OBESITY_CrudePrev"},
    "constants": {"question": "Obesity"},
    "extract": {"OBESITY_Crude95CI": r"^\((?P<low>[\d.]+), (?P<high>[\d.]+)\)$"},
    "interval": LINEAR,
}

REDCAP = """record_id,redcap_event_name,site,bmi,bmi_complete
1,baseline_arm_1,Oslo,24.5,2
2,baseline_arm_1,Oslo,-99,2
3,baseline_arm_1,Bergen,28.0,2
3,followup_arm_1,Bergen,27.0,0
"""
REDCAP_FACTS = {
    "columns": {"location": "site", "value": "bmi"},
    "constants": {"question": "Body mass index"},
    "keep": {"bmi_complete": ["2"], "redcap_event_name": ["baseline_arm_1"]},
    "read": {"na_values": ["-99"]},
}

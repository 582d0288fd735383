# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write ChEMBL's own molecules in the form of ChEMBL's MySQL dump: dump.py ARCHIVE.tar.gz FILE.csv...

Each file has a column smiles; logP is computed as ChEMBL does.
"""

import io
import sys
import tarfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "demo"))

from chembl_tables import molecules

TABLES = """\
CREATE TABLE `version` (`name` varchar(50) NOT NULL, `creation_date` datetime) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `version` VALUES ('ChEMBL_36','2025-07-01 00:00:00');
CREATE TABLE `docs` (`doc_id` bigint NOT NULL) ENGINE=InnoDB;
INSERT INTO `docs` VALUES (1);
CREATE TABLE `compound_structures` (
  `molregno` bigint NOT NULL,
  `canonical_smiles` varchar(4000) DEFAULT NULL,
  `standard_inchi_key` varchar(27) NOT NULL,
  PRIMARY KEY (`molregno`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
INSERT INTO `compound_structures` VALUES {structures};
CREATE TABLE `compound_properties` (
  `molregno` bigint NOT NULL,
  `alogp` decimal(9,2) DEFAULT NULL,
  PRIMARY KEY (`molregno`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
INSERT INTO `compound_properties` VALUES {properties};
-- Dump completed
"""


def dump(files: list[Path]) -> str:
    """The statements, one INSERT a table."""
    rows = list(molecules(files))
    structures = ",".join(
        "({},'{}','{}')".format(number, smiles.replace("\\", "\\\\"), key) for number, smiles, key, _logp in rows
    )
    properties = ",".join(f"({number},{logp})" for number, _smiles, _key, logp in rows)
    return TABLES.format(structures=structures, properties=properties)


def main(archive: Path, files: list[Path]) -> None:
    content = dump(files).encode()
    with tarfile.open(archive, "w:gz") as tar:
        entry = tarfile.TarInfo("chembl_36/chembl_36_mysql/chembl_36_mysql.dmp")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])

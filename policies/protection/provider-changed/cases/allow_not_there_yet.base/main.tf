provider "azurerm" {
  features {}
}

provider "azurerm" {
  alias = "dr"
  features {}
}

resource "azurerm_mssql_database" "dwh" {
  name = "x"
}

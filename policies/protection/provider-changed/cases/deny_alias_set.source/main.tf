provider "azurerm" {
  features {}
}

provider "azurerm" {
  alias = "dr"
  features {}
}

resource "azurerm_mssql_database" "dwh" {
  provider = azurerm.dr
  name = "x"
}

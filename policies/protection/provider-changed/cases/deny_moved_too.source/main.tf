provider "azurerm" {
  features {}
}

provider "azurerm" {
  alias = "dr"
  features {}
}

resource "azurerm_mssql_database" "new" {
  provider = azurerm.dr
  name = "x"
}

moved {
  from = azurerm_mssql_database.dwh
  to   = azurerm_mssql_database.new
}

resource "azurerm_mssql_database" "other" {
  name = "x"
}
